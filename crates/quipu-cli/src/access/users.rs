//! `quipu users`.

use anyhow::Result;
use quipu_access::{NewUser, Roles, UserAnswer, UserChange};
use serde_json::json;

use super::{Desk, password, second, show};
use crate::args::{AccessPlace, UsersSet, UsersWhat};
use crate::table::{Column, table};

/// Makes, lists, changes or removes.
pub fn run(what: &UsersWhat) -> Result<()> {
    match what {
        UsersWhat::Add { name, role, at } => make(at, name, role),
        UsersWhat::List { at } => list(at),
        UsersWhat::Set(set) => change(set),
        UsersWhat::Remove { name, at } => remove(at, name),
    }
}

fn roles(words: &[String]) -> Result<Roles> {
    Ok(Roles::parse(words.iter().map(|word| word.trim()))?)
}

fn make(at: &AccessPlace, name: &str, role: &[String]) -> Result<()> {
    let roles = roles(role)?;
    let desk = Desk::open(at, true)?;
    let new = NewUser { name: name.to_owned(), password: password::ask(name)?, roles };
    let user = desk.register.add_user(&new)?;
    let noted = desk.note("user.add", &user.name, vec![("roles", user.roles.to_string())]);
    let answer = UserAnswer::from(user);
    show(at, &answer, || format!("{} may log in", answer.name))?;
    noted
}

fn list(at: &AccessPlace) -> Result<()> {
    let users = Desk::open(at, false)?.register.users()?;
    let users: Vec<UserAnswer> = users.into_iter().map(UserAnswer::from).collect();
    show(at, &json!({"users": users}), || if users.is_empty() { "no users".into() } else { print(&users) })
}

fn print(users: &[UserAnswer]) -> String {
    let titles = ["name", "roles", "logs in by", "state", "created", "last login"];
    let row = |user: &UserAnswer| {
        let by = if user.oidc { "OpenID Connect" } else { "password" };
        let state = if user.disabled { "disabled" } else { "active" };
        vec![
            user.name.clone(),
            user.roles.to_string(),
            by.to_owned(),
            state.to_owned(),
            second(Some(&user.created_at)),
            second(user.seen_at.as_ref()),
        ]
    };
    table(&titles.map(|title| Column(title, false)), users.iter().map(row).collect())
}

fn change(set: &UsersSet) -> Result<()> {
    let desk = Desk::open(&set.at, false)?;
    // Before a password is asked for in vain.
    let name = desk.register.user(&set.name)?.name;
    let mut detail = Vec::new();
    let mut change = UserChange::default();
    if !set.role.is_empty() {
        let roles = roles(&set.role)?;
        detail.push(("roles", roles.to_string()));
        change.roles = Some(roles);
    }
    if set.disable || set.enable {
        detail.push(("disabled", set.disable.to_string()));
        change.disabled = Some(set.disable);
    }
    if set.password {
        detail.push(("password", "new".to_owned()));
        change.password = Some(password::ask(&name)?);
    }
    let user = desk.register.change_user(&name, &change)?;
    let noted = desk.note("user.change", &user.name, detail);
    let answer = UserAnswer::from(user);
    show(&set.at, &answer, || print(std::slice::from_ref(&answer)))?;
    noted
}

fn remove(at: &AccessPlace, name: &str) -> Result<()> {
    let desk = Desk::open(at, false)?;
    let name = desk.register.user(name)?.name;
    desk.register.remove_user(&name)?;
    let noted = desk.note("user.remove", &name, Vec::new());
    show(at, &json!({"removed": name}), || format!("{name} is removed"))?;
    noted
}
