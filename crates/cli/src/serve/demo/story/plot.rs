//! The plot: which agent works for whom, when, and how it goes.

use quipu::core::{Batch, Timestamp};

use super::super::dice::{Dice, mix, pick};
use super::sheet::Facts;
use super::team::Course;
use super::{batch, desk, retrieval, team, voice, writer};

/// Service of the support desk.
pub(in super::super) const DESK: &str = "support-desk";
/// Service whose budget is nearly used up, and rejected calls today.
pub(in super::super) const BUDGETED: &str = "research-crew";

/// Customers and employees.
const PEOPLE: [&str; 14] = [
    "ada.lovelace",
    "alan.turing",
    "barbara.liskov",
    "donald.knuth",
    "edsger.dijkstra",
    "frances.allen",
    "grace.hopper",
    "john.backus",
    "katherine.johnson",
    "ken.thompson",
    "margaret.hamilton",
    "radia.perlman",
    "tony.hoare",
    "yukihiro.matsumoto",
];
/// People who talk to one agent at the same time.
const TALKS: u64 = 4;

/// An agent of the company.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Role {
    Desk,
    Voice,
    Knowledge,
    Research,
    Classifier,
    Coding,
}

/// How many of 100 runs an agent has.
const SHARES: [(Role, u64); 6] = [
    (Role::Desk, 42),
    (Role::Voice, 18),
    (Role::Knowledge, 16),
    (Role::Classifier, 12),
    (Role::Coding, 5),
    (Role::Research, 7),
];

/// The script of all runs.
pub(in super::super) struct Plot {
    pub(in super::super) facts: Facts,
    seed: u64,
}

impl Plot {
    pub(in super::super) fn new(now: Timestamp, seed: u64) -> Self {
        Self { facts: Facts { now }, seed }
    }

    /// The agent of a run.
    pub(in super::super) fn role(&self, number: u64) -> Role {
        let mut left = mix(self.seed ^ mix(number)) % 100;
        for (role, share) in SHARES {
            if left < share {
                return role;
            }
            left -= share;
        }
        Role::Desk
    }

    /// A run of an agent that ends at `at`; `None` for coding agents, which are replayed from recordings.
    pub(in super::super) fn run(&self, role: Role, number: u64, at: Timestamp) -> Option<Batch> {
        let dice = Dice::new(self.seed.wrapping_add(number));
        let about = self.about(role, number, at);
        Some(match role {
            Role::Desk => desk::talk(&self.facts, at, dice, about),
            Role::Voice => voice::triage(at, dice, about),
            Role::Knowledge => retrieval::answer(at, dice, about),
            Role::Research => team::research(Course::Usual, at, dice, about),
            Role::Classifier => batch::classify(&self.facts, at, dice, about),
            Role::Coding => return None,
        })
    }

    /// Runs that a reader is to find: the incident of yesterday, a loop this morning, and one expensive
    /// report.
    pub(in super::super) fn incidents(&self, first: u64) -> Vec<(Timestamp, Batch)> {
        const CALLERS: i64 = 16;
        let facts = &self.facts;
        let mut runs = Vec::new();
        for step in 0..CALLERS {
            let number = first + u64::try_from(step).unwrap_or_default();
            let at = facts.during_incident(step, CALLERS);
            runs.extend(self.run(Role::Desk, number, at).map(|run| (at, run)));
        }
        let courses = [
            (Course::Looping, facts.now.plus(-3 * Timestamp::HOUR)),
            (Course::Expensive, facts.incident().plus(4 * Timestamp::HOUR)),
        ];
        for (number, (course, at)) in (first + 100..).zip(courses) {
            let dice = Dice::new(self.seed.wrapping_add(number));
            runs.push((at, team::research(course, at, dice, self.about(Role::Research, number, at))));
        }
        runs.extend(self.test_runs(first + 200));
        runs
    }

    /// Two runs a day of the agent that writes tests.
    fn test_runs(&self, first: u64) -> impl Iterator<Item = (Timestamp, Batch)> {
        const DAYS: i64 = 14;
        const AGES: [i64; 2] = [2 * Timestamp::HOUR, 15 * Timestamp::HOUR];
        (first..).zip((0..DAYS).flat_map(|day| AGES.map(|age| (day, age)))).map(|(number, (day, age))| {
            let at = self.facts.now.plus(-day * Timestamp::DAY - age);
            (at, writer::write(DAYS - day, at, Dice::new(self.seed.wrapping_add(number))))
        })
    }

    /// Session and user of a run. Runs of the same half hour may be one conversation.
    fn about(&self, role: Role, number: u64, at: Timestamp) -> Vec<(&'static str, String)> {
        if role == Role::Classifier {
            let night = at.floor(Timestamp::DAY).to_string();
            return vec![("gen_ai.conversation.id", format!("tickets-{}", &night[..10]))];
        }
        // A few people talk to an agent at a time, for half an hour.
        let half_hour = at.floor(Timestamp::HOUR / 2).nanos().unsigned_abs();
        let talk = mix(self.seed ^ half_hour ^ mix(role as u64) ^ ((number % TALKS) << 50));
        let prefix = match role {
            Role::Desk => "chat",
            Role::Voice => "call",
            Role::Knowledge => "question",
            _ => "task",
        };
        let session = format!("{prefix}-{:05x}", mix(talk) & 0xf_ffff);
        let user = PEOPLE[pick(talk, PEOPLE.len())];
        vec![("gen_ai.conversation.id", session), ("user.id", user.to_owned())]
    }
}
