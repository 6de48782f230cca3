//! Settings of the engine that the contract depends on.

use std::sync::Arc;

use scylla::cluster::Node;
use scylla::cluster::metadata::Strategy;
use scylla::statement::Statement;
use tokio::time::timeout;

use crate::error::OpenError;
use crate::limits::{NODE_TIMEOUT, PLAIN_TIMEOUT};
use crate::options::Options;
use crate::session::{Cluster, only};

const KIB: u64 = 1_024;

/// A setting: its name, what it must be, and why.
struct Rule {
    name: &'static str,
    is_right: fn(&str) -> bool,
    wanted: &'static str,
    why: &'static str,
    /// Whether the store does not open otherwise.
    is_needed: bool,
}

/// The settings of Apache Cassandra that are looked at; for those who write how to set it up.
pub const SETTINGS: &[&str] = &[
    "batch_size_fail_threshold",
    "max_mutation_size",
    "max_value_size",
    "user_timestamps_enabled",
    "commitlog_sync",
    "write_request_timeout",
    "cas_contention_timeout",
    "tombstone_failure_threshold",
];

const RULES: &[Rule] = &[
    Rule {
        name: "batch_size_fail_threshold",
        is_right: |value| bytes(value).is_none_or(|size| size >= 50 * KIB),
        wanted: "at least 50KiB",
        why: "larger batches across partitions are refused, and the store's go up to 40 KiB",
        is_needed: true,
    },
    Rule {
        name: "batch_size_fail_threshold_in_kb",
        is_right: |value| number(value).is_none_or(|size| size >= 50),
        wanted: "at least 50",
        why: "larger batches across partitions are refused, and the store's go up to 40 KiB",
        is_needed: true,
    },
    Rule {
        name: "max_mutation_size",
        is_right: |value| bytes(value).is_none_or(|size| size >= 2 * KIB * KIB),
        wanted: "at least 2MiB",
        why: "the store's batches inside one partition go up to 1 MiB",
        is_needed: true,
    },
    Rule {
        name: "user_timestamps_enabled",
        is_right: |value| value != "false",
        wanted: "true",
        why: "every write bears a stamp of the store's own",
        is_needed: true,
    },
    Rule {
        name: "commitlog_sync",
        is_right: |value| value != "periodic",
        wanted: "batch or group",
        why: "an acknowledged write is lost when the nodes that took it lose power at once",
        is_needed: false,
    },
    Rule {
        name: "write_request_timeout",
        is_right: |value| is_within_ours(value),
        wanted: "less than 8s",
        why: "the store gives up before the engine does, and its batches stay in doubt",
        is_needed: false,
    },
    Rule {
        name: "cas_contention_timeout",
        is_right: |value| is_within_ours(value),
        wanted: "less than 8s",
        why: "the store gives up before the engine does, and claims stay in doubt",
        is_needed: false,
    },
    Rule {
        name: "tombstone_failure_threshold",
        is_right: |value| number(value).is_none_or(|count| count >= 100_000),
        wanted: "at least 100000",
        why: "lists out of which much was deleted cannot be read",
        is_needed: false,
    },
    Rule {
        name: "max_value_size",
        is_right: |value| bytes(value).is_none_or(|size| size >= KIB * KIB),
        wanted: "at least 1MiB",
        why: "values go up to 32 KiB, and what cannot be read counts as damaged",
        is_needed: true,
    },
];

/// Asks each node of the local datacenter. What breaks the contract is an error; the rest is
/// returned in plain words. Engines without a table of settings are not asked.
pub(crate) async fn settings(cluster: &Cluster) -> Result<Vec<String>, OpenError> {
    let mut warnings: Vec<String> = Vec::new();
    for node in cluster.nodes() {
        for (name, value) in of_node(cluster, &node).await {
            let Some(rule) = RULES.iter().find(|rule| rule.name == name) else {
                continue;
            };
            if (rule.is_right)(&value) {
                continue;
            }
            let broken = OpenError::Setting {
                node: node.address.ip().to_string(),
                name,
                value,
                wanted: rule.wanted,
                why: rule.why,
            };
            if rule.is_needed {
                return Err(broken);
            }
            warnings.push(broken.to_string());
        }
    }
    Ok(warnings)
}

/// Doubts about how many copies are kept.
pub(crate) fn replication(cluster: &Cluster, options: &Options) -> Vec<String> {
    let state = cluster.session.get_cluster_state();
    let nodes = cluster.nodes_known();
    let keyspaces = [options.keyspace.clone(), options.cas_keyspace()];
    let doubts = keyspaces.iter().filter_map(|name| {
        let copies = match &state.get_keyspace(name)?.strategy {
            Strategy::NetworkTopologyStrategy {
                datacenter_repfactors,
            } => *datacenter_repfactors.get(&cluster.datacenter).unwrap_or(&0),
            Strategy::SimpleStrategy { replication_factor } => *replication_factor,
            _ => return None,
        };
        doubt(name, &cluster.datacenter, copies, nodes)
    });
    doubts.collect()
}

fn doubt(keyspace: &str, datacenter: &str, copies: usize, nodes: usize) -> Option<String> {
    let what = match copies {
        0 => "nothing can be written or read there",
        1 if nodes > 1 => "the death of any node is an outage, and its loss loses data",
        2 => "the death of any node is an outage",
        _ => return None,
    };
    let copies = format!("{copies} copies in {datacenter}, which has {nodes} nodes");
    Some(format!(
        "the keyspace {keyspace} keeps {copies}: {what}; alter its replication to 3, then repair"
    ))
}

async fn of_node(cluster: &Cluster, node: &Arc<Node>) -> Vec<(String, String)> {
    // The first is Cassandra's, the second ScyllaDB's.
    for table in ["system_views.settings", "system.config"] {
        let mut statement = Statement::new(format!("SELECT name, value FROM {table}"));
        statement.set_load_balancing_policy(Some(only(node)));
        let answer = cluster.session.query_unpaged(statement, ());
        let Ok(Ok(answer)) = timeout(NODE_TIMEOUT, answer).await else {
            continue;
        };
        let Ok(rows) = answer.into_rows_result() else {
            continue;
        };
        if let Ok(rows) = rows.rows::<(String, Option<String>)>() {
            let known =
                rows.filter_map(|row| row.ok().and_then(|(name, value)| Some((name, value?))));
            return known.collect();
        }
    }
    Vec::new()
}

fn is_within_ours(value: &str) -> bool {
    millis(value).is_none_or(|limit| u128::from(limit) < PLAIN_TIMEOUT.as_millis())
}

fn number(value: &str) -> Option<u64> {
    value.trim_matches('"').parse().ok()
}

/// `50KiB` and the like. Nothing if it is something else.
fn bytes(value: &str) -> Option<u64> {
    let units = [
        ("KiB", KIB),
        ("MiB", KIB * KIB),
        ("GiB", KIB * KIB * KIB),
        ("B", 1),
    ];
    with_unit(value, &units)
}

/// `2s`, `1800ms` and the like.
fn millis(value: &str) -> Option<u64> {
    with_unit(value, &[("ms", 1), ("s", 1_000), ("m", 60_000), ("", 1)])
}

fn with_unit(value: &str, units: &[(&str, u64)]) -> Option<u64> {
    let value = value.trim_matches('"');
    let unit = units.iter().find(|(unit, _)| value.ends_with(unit))?;
    let count: u64 = value.strip_suffix(unit.0)?.trim().parse().ok()?;
    count.checked_mul(unit.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_right(name: &str, value: &str) -> bool {
        let rule = RULES.iter().find(|rule| rule.name == name).unwrap();
        (rule.is_right)(value)
    }

    #[test]
    fn each_setting_that_is_named_has_a_rule() {
        for name in SETTINGS {
            assert!(RULES.iter().any(|rule| rule.name == *name), "{name}");
        }
    }

    #[test]
    fn settings_are_read_with_their_units() {
        assert!(is_right("batch_size_fail_threshold", "50KiB"));
        assert!(is_right("batch_size_fail_threshold", "1MiB"));
        assert!(!is_right("batch_size_fail_threshold", "49KiB"));
        assert!(!is_right("batch_size_fail_threshold", "4096B"));
        assert!(is_right("batch_size_fail_threshold_in_kb", "1024"));
        assert!(!is_right("batch_size_fail_threshold_in_kb", "5"));
        assert!(is_right("commitlog_sync", "batch") && !is_right("commitlog_sync", "periodic"));
        assert!(is_right("write_request_timeout", "2000ms"));
        assert!(!is_right("write_request_timeout", "10s"));
        assert!(!is_right("user_timestamps_enabled", "false"));
        // What we cannot read is not held against anyone.
        assert!(is_right("max_mutation_size", "null") && is_right("max_mutation_size", ""));
    }

    #[test]
    fn one_copy_or_two_are_doubtful_where_there_are_more_nodes() {
        assert!(doubt("k", "dc", 1, 3).unwrap().contains("loses data"));
        assert!(doubt("k", "dc", 2, 3).unwrap().contains("outage"));
        assert!(doubt("k", "dc", 0, 3).is_some());
        assert_eq!(doubt("k", "dc", 1, 1), None);
        assert_eq!(doubt("k", "dc", 3, 3), None);
    }
}
