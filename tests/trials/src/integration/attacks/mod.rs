//! `attacks`: attempts of a stranger, a sender, a user with few rights and a foreign page against the real
//! binary.

mod bodies;
mod elsewhere;
mod encrypted;
mod files;
mod finality;
mod framing;
mod gateway;
mod initial;
mod joined;
mod leftovers;
mod made;
mod page;
mod pages;
mod paths;
mod roles;
mod scene;
mod sessions;
mod tokens;
mod tried;
mod wire;
mod words;

use anyhow::Result;

use self::elsewhere::Trap;
use self::framing::Upstream;
use self::scene::Scene;
use self::tried::Tried;
use super::{Bench, Report};
use crate::table;

/// Configuration of the servers: access, and a webhook to the attacker's target.
fn config(hook: &Trap) -> String {
    format!(
        "backends = [\"webhook:http://{}/hook\"]\n[access]\nmode = \"required\"\n[audit]\n[delivery]\n",
        hook.address
    )
}

/// Tries all of them and prints what happened.
///
/// # Errors
/// A server does not come up.
pub fn run(bench: &Bench) -> Result<Report> {
    let mut attacks = Attacks { bench, report: Report::new(), rows: Vec::new() };
    let inner = Trap::inner()?;
    let hook = Trap::to(&inner)?;
    let upstream = Upstream::start()?;
    let gateway = ["--gateway", "127.0.0.1:0", "--openai", &upstream.url];
    let scene = Scene::guarded(bench, &config(&hook), &gateway)?;
    scene.fill()?;
    attacks.keys(&scene);
    attacks.sessions(&scene);
    attacks.browsers(&scene)?;
    attacks.inputs(&scene);
    attacks.add(elsewhere::requests(&scene, &hook, &inner), "ssrf");
    attacks.add(elsewhere::lists(&scene), "price lists");
    attacks.add(framing::passed_on(&scene, &upstream), "passed on");
    attacks.files(&scene);
    // These change and end what the others need.
    attacks.add(roles::changes(&scene), "roles");
    attacks.add(words::injected(&scene), "injection");
    attacks.add(words::turned(&scene), "direction");
    attacks.add(words::named(&scene), "names");
    attacks.rest()?;
    table::print(&["attack", "tries", "outcome", "verdict"], &attacks.rows);
    if let Some(file) = &bench.table {
        page::write(file, &attacks.rows, bench.release)?;
    }
    let unlike = page::differs(&attacks.rows)?;
    Ok(attacks.report.judged("docs/security.md names these attacks", &unlike))
}

struct Attacks<'a> {
    bench: &'a Bench,
    report: Report,
    rows: Vec<Vec<String>>,
}

impl Attacks<'_> {
    fn add(&mut self, tried: Result<Tried>, name: &str) {
        let report = std::mem::take(&mut self.report);
        self.report = match tried {
            Ok(tried) => {
                self.rows.push(tried.row());
                report.judged(tried.attack, &tried.wrong)
            }
            Err(error) => report.failed(name, &format!("{error:#}")),
        };
    }

    fn keys(&mut self, scene: &Scene) {
        self.add(tokens::bad(scene), "bad keys");
        self.add(tokens::past(scene), "past keys");
        self.add(tokens::misplaced(scene), "misplaced keys");
        self.add(tokens::gateway(scene), "gateway");
        self.add(roles::projects(scene), "projects");
        self.add(roles::feed(scene), "feed");
    }

    fn sessions(&mut self, scene: &Scene) {
        self.add(sessions::theft(scene), "sessions");
        self.add(initial::kept(scene), "initial passwords");
        self.add(sessions::guessing(self.bench), "guessing");
        self.add(sessions::enumeration(self.bench), "enumeration");
        self.add(sessions::exact(self.bench), "exact passwords");
    }

    fn browsers(&mut self, scene: &Scene) -> Result<()> {
        self.add(pages::forgery(scene), "CSRF");
        self.add(pages::sharing(scene), "CORS");
        self.add(pages::script(scene), "XSS");
        let open = Scene::open(self.bench, "[gateway]\nlisten = \"127.0.0.1:0\"\n")?;
        self.add(pages::rebinding(&open), "rebinding");
        Ok(())
    }

    fn files(&mut self, scene: &Scene) {
        self.add(files::places(scene), "host paths");
        self.add(files::everywhere(scene), "every project");
        self.add(files::modes(scene), "modes");
        self.add(files::reopened(self.bench), "reopened access");
        self.add(files::record(self.bench), "cut audit");
        self.add(files::lock(self.bench), "removed lock");
        self.add(files::budgets(self.bench), "lost budgets");
    }

    fn inputs(&mut self, scene: &Scene) {
        self.add(paths::traversal(scene), "traversal");
        self.add(paths::books(scene), "price books");
        self.add(bodies::bombs(scene), "bombs");
        self.add(bodies::nested(scene), "nesting");
        self.add(bodies::numbers(scene), "numbers");
        self.add(framing::smuggled(scene), "smuggling");
        self.add(framing::oversized(scene), "oversized");
    }

    fn rest(&mut self) -> Result<()> {
        self.add(bodies::patterns(self.bench), "patterns");
        self.add(gateway::hidden(self.bench), "hidden calls");
        self.add(gateway::bombs(self.bench), "gateway bombs");
        self.add(gateway::lying(self.bench), "wrong usage");
        self.add(finality::replaced(self.bench), "ended spans");
        self.add(joined::forged(self.bench), "forged records");
        self.add(made::lowered(self.bench), "logs and metrics");
        self.add(leftovers::secrets(self.bench), "secrets");
        self.add(leftovers::named_secrets(self.bench), "named secrets");
        self.add(leftovers::formulas(self.bench), "formulas");
        self.add(leftovers::forgotten(self.bench), "forgotten");
        match encrypted::connections(self.bench)? {
            Some(tried) => self.add(Ok(tried), "TLS"),
            None => {
                let report = std::mem::take(&mut self.report);
                self.report = report.skipped("TLS", "curl and openssl are not both there");
            }
        }
        Ok(())
    }
}
