//! The connection to the cluster: which nodes are asked, how long they may take, and when another
//! is asked too.

use std::sync::Arc;

use scylla::client::execution_profile::{ExecutionProfile, ExecutionProfileHandle};
use scylla::client::session::Session;
use scylla::client::session_builder::SessionBuilder;
use scylla::cluster::Node;
use scylla::errors::{
    ConnectionError, ConnectionPoolError, ConnectionSetupRequestErrorKind, DbError, MetadataError,
    NewSessionError,
};
use scylla::policies::load_balancing::{
    DefaultPolicy, LoadBalancingPolicy, NodeIdentifier, SingleTargetLoadBalancingPolicy,
};
use scylla::policies::retry::{DefaultRetryPolicy, FallthroughRetryPolicy};
use scylla::policies::speculative_execution::SimpleSpeculativeExecutionPolicy;
use scylla::statement::{Consistency, SerialConsistency};
use tokio::time::timeout;

use crate::error::OpenError;
use crate::limits::{
    AGREEMENT_TIMEOUT, CONNECT_TIMEOUT, KEEP_ALIVE, OPEN_TIMEOUT, SPECULATE_AFTER, SPECULATIONS_MAX,
};
use crate::options::Options;

/// An open session, and how each kind of statement runs.
pub(crate) struct Cluster {
    pub session: Session,
    pub datacenter: String,
    /// Reads and writes that may be sent twice: all but the conditional ones.
    pub plain: ExecutionProfileHandle,
    /// Reads that see every conditional write before them.
    pub serial: ExecutionProfileHandle,
    /// Conditional writes: each goes to one node and is never sent twice behind our back.
    pub cas: ExecutionProfileHandle,
    /// Which nodes, in which order.
    pub routing: Arc<dyn LoadBalancingPolicy>,
}

impl Cluster {
    pub async fn connect(options: &Options) -> Result<Cluster, OpenError> {
        let hosts = options.hosts.join(", ");
        let mut builder = SessionBuilder::new()
            .known_nodes(&options.hosts)
            .tcp_nodelay(true)
            .connection_timeout(CONNECT_TIMEOUT)
            .keepalive_interval(KEEP_ALIVE)
            .keepalive_timeout(KEEP_ALIVE)
            .keyspaces_to_fetch([options.keyspace.clone(), options.cas_keyspace()])
            .schema_agreement_timeout(AGREEMENT_TIMEOUT)
            .auto_await_schema_agreement(false);
        if let (Some(user), Some(password)) = (&options.user, &options.password) {
            builder = builder.user(user, password);
        }
        let session = match timeout(OPEN_TIMEOUT, builder.build()).await {
            Ok(Ok(session)) => session,
            Ok(Err(error)) => return Err(refusal(hosts, &error)),
            Err(_) => {
                let why = format!("no answer in {} seconds", OPEN_TIMEOUT.as_secs());
                return Err(OpenError::Unreachable { hosts, why });
            }
        };
        let datacenter = datacenter(&session, options.datacenter.as_deref())?;
        let routing = DefaultPolicy::builder()
            .prefer_datacenter(datacenter.clone())
            .token_aware(true)
            .permit_dc_failover(false)
            .build();
        Ok(Cluster {
            plain: speculating(Consistency::LocalQuorum, &routing),
            serial: speculating(Consistency::LocalSerial, &routing),
            cas: ExecutionProfile::builder()
                .consistency(Consistency::LocalQuorum)
                .serial_consistency(Some(SerialConsistency::LocalSerial))
                .load_balancing_policy(routing.clone())
                .retry_policy(Arc::new(FallthroughRetryPolicy::new()))
                .speculative_execution_policy(None)
                .request_timeout(None)
                .build()
                .into_handle(),
            session,
            datacenter,
            routing,
        })
    }

    /// The nodes of the local datacenter to which there is a connection, in the order of their
    /// ids.
    pub fn nodes(&self) -> Vec<Arc<Node>> {
        let state = self.session.get_cluster_state();
        let mut nodes: Vec<Arc<Node>> = state.get_nodes_info().to_vec();
        nodes.retain(|node| {
            node.datacenter.as_deref() == Some(&self.datacenter) && node.is_connected()
        });
        nodes.sort_by_key(|node| node.host_id);
        nodes
    }

    /// How many nodes the local datacenter has.
    pub fn nodes_known(&self) -> usize {
        let state = self.session.get_cluster_state();
        let is_local = |node: &&Arc<Node>| node.datacenter.as_deref() == Some(&self.datacenter);
        state.get_nodes_info().iter().filter(is_local).count()
    }
}

/// For a statement that one node alone is to answer.
pub(crate) fn only(node: &Arc<Node>) -> Arc<dyn LoadBalancingPolicy> {
    SingleTargetLoadBalancingPolicy::new(NodeIdentifier::Node(node.clone()), None)
}

/// No time-out of the driver's own: each try is bounded where it is made.
fn speculating(
    consistency: Consistency,
    routing: &Arc<dyn LoadBalancingPolicy>,
) -> ExecutionProfileHandle {
    ExecutionProfile::builder()
        .consistency(consistency)
        .load_balancing_policy(routing.clone())
        .retry_policy(Arc::new(DefaultRetryPolicy::new()))
        .speculative_execution_policy(Some(Arc::new(SimpleSpeculativeExecutionPolicy {
            max_retry_count: SPECULATIONS_MAX,
            retry_interval: SPECULATE_AFTER,
        })))
        .request_timeout(None)
        .build()
        .into_handle()
}

fn datacenter(session: &Session, asked: Option<&str>) -> Result<String, OpenError> {
    let state = session.get_cluster_state();
    let nodes = state.get_nodes_info().iter();
    let mut known: Vec<&str> = nodes
        .filter_map(|node| node.datacenter.as_deref())
        .collect();
    known.sort_unstable();
    known.dedup();
    match (asked, &known[..]) {
        (Some(asked), _) if known.contains(&asked) => Ok(asked.to_owned()),
        (None, [only]) => Ok((*only).to_owned()),
        _ => Err(OpenError::Datacenter {
            asked: asked.unwrap_or_default().to_owned(),
            known: known.join(", "),
        }),
    }
}

fn refusal(hosts: String, error: &NewSessionError) -> OpenError {
    let why = error.to_string();
    if let NewSessionError::MetadataError(MetadataError::ConnectionPoolError(
        ConnectionPoolError::Broken {
            last_connection_error: ConnectionError::ConnectionSetupRequestError(setup),
        },
    )) = error
        && let ConnectionSetupRequestErrorKind::DbError(DbError::AuthenticationError, _)
        | ConnectionSetupRequestErrorKind::MissingAuthentication = &setup.error
    {
        return OpenError::Login { hosts, why };
    }
    OpenError::Unreachable { hosts, why }
}
