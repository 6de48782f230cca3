//! No command is left out: whoever adds one to `social` is told here to teach it to the simulation.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use petrel_sim::act::KNOWN;

/// Files with batches that are no commands of users, and why; all else that writes must be known.
const NOT_COMMANDS: &[(&str, &str)] = &[
    ("accounts/claims.rs", "a part of registering"),
    (
        "accounts/confirmation.rs",
        "who signs up here is confirmed at once",
    ),
    (
        "accounts/create.rs::create",
        "the operator's way of registering; it begins each run",
    ),
    ("accounts/unclaimed.rs", "a job"),
    ("context.rs", "where batches begin"),
    (
        "conversations/parts.rs",
        "a part of all that writes statuses",
    ),
    ("lists/", "a reconciler"),
    (
        "marks/reblog.rs::take_back",
        "a part of unreblog, and of a job",
    ),
    ("marks/set.rs::put_unpinned", "a part of deleting"),
    (
        "oauth/access.rs",
        "a part of all that hands out or ends access",
    ),
    ("oauth/grants.rs::issue", "begins each run"),
    (
        "oauth/grants.rs::token_fixed",
        "development only, with a literal token",
    ),
    ("oauth/codes.rs::Challenge", "a part of authorizing"),
    ("statuses/cleanup.rs", "a job"),
    (
        "statuses/create.rs::create_at",
        "the way of imports, as create",
    ),
    (
        "statuses/notify.rs",
        "a part of creating and editing, and jobs",
    ),
];
/// What these files read beside what they write.
const READS: &[&str] = &[
    "find_app",
    "get_app",
    "get_apps",
    "session",
    "pending",
    "awaits_preview",
    "check_log_in",
    "check_password",
    "credentials_view",
    "own_view",
    "list",
    "get",
    "unread_count",
    "history",
    "source",
    "table_page",
    "get_keyword",
    "get_status",
    "list_v1",
    "get_v1",
    "random_password",
    "accounts",
    "followed",
    "own",
    "of_account",
    "suggestions",
];

/// What the real node does all the while, by the names of its jobs and reconcilers.
#[test]
fn a_simulated_node_does_all_that_a_real_one_does() {
    let petrel = Path::new(env!("CARGO_MANIFEST_DIR")).join("../petrel/src");
    let read = |path: PathBuf| std::fs::read_to_string(path).expect("it can be read");
    let simulated = read(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/node.rs"));
    for file in ["node.rs", "views.rs"] {
        let text = read(petrel.join(file));
        let lists = text.split("vec![").skip(1);
        let lists = lists.map(|list| list.split("\n        ]").next().unwrap_or_default());
        for made in lists.flat_map(|list| list.split("Arc::new(").skip(1)) {
            let end = made.find(['(', ' ', ':']).unwrap_or(made.len());
            let name = &made[..end];
            assert!(
                simulated.contains(name),
                "crates/sim/src/node.rs lacks {name}"
            );
        }
    }
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("the sources are there") {
        let path = entry.expect("it can be read").path();
        match path.is_dir() {
            true => sources(&path, found),
            false => found.push(path),
        }
    }
}

fn commands() -> BTreeSet<String> {
    let social = Path::new(env!("CARGO_MANIFEST_DIR")).join("../social/src");
    let (mut files, mut commands) = (Vec::new(), BTreeSet::new());
    sources(&social, &mut files);
    for file in files {
        let text = std::fs::read_to_string(&file).expect("it can be read");
        let name = file.strip_prefix(&social).expect("it is in there");
        let name = name.to_str().expect("names are ASCII").to_owned();
        if !["batch()", "Command::begin("]
            .iter()
            .any(|begin| text.contains(begin))
        {
            continue;
        }
        let module = name.split('/').next().unwrap_or_default();
        let functions = text
            .lines()
            .filter_map(|line| line.strip_prefix("pub async fn "));
        for function in functions {
            let end = function.find(['(', '<']).unwrap_or(function.len());
            let function = &function[..end];
            let place = format!("{name}::{function}");
            let is_excused = NOT_COMMANDS.iter().any(|(of, _)| place.starts_with(of));
            if !is_excused && !READS.contains(&function) {
                commands.insert(format!("{module}::{function}"));
            }
        }
    }
    commands
}

#[test]
fn the_simulation_knows_every_command() {
    let known: BTreeSet<String> = KNOWN.iter().map(|name| (*name).to_owned()).collect();
    let commands = commands();
    let unknown: Vec<_> = commands.difference(&known).collect();
    assert!(
        unknown.is_empty(),
        "`Act` in crates/sim/src/act.rs does not know: {unknown:?}"
    );
    let gone: Vec<_> = known.difference(&commands).collect();
    assert!(gone.is_empty(), "social has no longer: {gone:?}");
}
