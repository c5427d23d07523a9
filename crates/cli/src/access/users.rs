//! `quipu users`: adds, lists, changes and removes users.

use anyhow::Result;
use quipu_access::{HashedPassword, NewPassword, NewUser, Roles, UserAnswer, UserChange};
use serde_json::json;

use super::{Desk, password, second, show};
use crate::args::{AccessPlace, UsersAdd, UsersSet, UsersWhat};
use crate::table::{Column, table};

/// Makes, lists, changes or removes.
pub fn run(what: &UsersWhat) -> Result<()> {
    match what {
        UsersWhat::Add(add) => make(add),
        UsersWhat::List { at } => list(at),
        UsersWhat::Set(set) => change(set),
        UsersWhat::Remove { name, at } => remove(at, name),
    }
}

fn roles(words: &[String]) -> Result<Roles> {
    Ok(Roles::parse(words.iter().map(|word| word.trim()))?)
}

/// Kind of a password: the user's own or initial.
const fn chosen(own: bool) -> fn(HashedPassword) -> NewPassword {
    if own { NewPassword::Own } else { NewPassword::Initial }
}

fn make(add: &UsersAdd) -> Result<()> {
    let roles = roles(&add.role)?;
    let desk = if add.replace_damaged { Desk::open_anew(&add.at)? } else { Desk::open(&add.at, true)? };
    let password = chosen(add.own_password)(password::ask(&add.name)?);
    let detail = vec![("roles", roles.to_string()), ("password", password.word().to_owned())];
    let user = desk.register.add_user(&NewUser { name: add.name.clone(), password, roles })?;
    let noted = desk.note("user.add", &user.name, detail);
    let answer = UserAnswer::from(user);
    show(&add.at, &answer, || match &answer.initial_password_ends_at {
        Some(end) => format!(
            "{} can log in until {} UTC, to change the password first (--own-password: the user typed it)",
            answer.name,
            second(Some(end))
        ),
        None => format!("{} can log in", answer.name),
    })?;
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
        let state = match (user.disabled, &user.initial_password_ends_at) {
            (true, _) => "disabled".to_owned(),
            (false, Some(end)) => format!("initial password until {}", second(Some(end))),
            (false, None) => "active".to_owned(),
        };
        vec![
            user.name.clone(),
            user.roles.to_string(),
            by.to_owned(),
            state,
            second(Some(&user.created_at)),
            second(user.seen_at.as_ref()),
        ]
    };
    table(&titles.map(|title| Column(title, false)), users.iter().map(row).collect())
}

fn change(set: &UsersSet) -> Result<()> {
    let desk = Desk::open(&set.at, false)?;
    // Checked before the prompt for a password.
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
        let password = chosen(set.own_password)(password::ask(&name)?);
        detail.push(("password", password.word().to_owned()));
        change.password = Some(password);
    }
    let user = desk.register.change_user(&name, &change)?;
    let noted = desk.note("user.change", &user.name, detail);
    let answer = UserAnswer::from(user);
    show(&set.at, &answer, || print(std::slice::from_ref(&answer)))?;
    desk.warn_if_shut()?;
    noted
}

fn remove(at: &AccessPlace, name: &str) -> Result<()> {
    let desk = Desk::open(at, false)?;
    let name = desk.register.user(name)?.name;
    desk.register.remove_user(&name)?;
    let noted = desk.note("user.remove", &name, Vec::new());
    show(at, &json!({"removed": name}), || format!("{name} is removed"))?;
    desk.warn_if_shut()?;
    noted
}
