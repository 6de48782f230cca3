use std::sync::Arc;

use parking_lot::Mutex;
use scylla::cluster::{ClusterState, Node, NodeRef};
use scylla::policies::load_balancing::{FallbackPlan, LoadBalancingPolicy, RoutingInfo};
use scylla::routing::Shard;
use scylla::statement::Consistency;

/// Sends each try of one conditional write to a node that has not had it yet, one node a try. The
/// first is always the same for one row: conditional writes of one row that go through different
/// nodes get in each other's way.
#[derive(Debug)]
pub(crate) struct Route {
    inner: Arc<dyn LoadBalancingPolicy>,
    tried: Mutex<Vec<Arc<Node>>>,
}

impl Route {
    pub fn new(inner: Arc<dyn LoadBalancingPolicy>) -> Arc<Route> {
        Arc::new(Route {
            inner,
            tried: Mutex::default(),
        })
    }
}

impl LoadBalancingPolicy for Route {
    fn pick<'a>(
        &'a self,
        request: &'a RoutingInfo,
        cluster: &'a ClusterState,
    ) -> Option<(NodeRef<'a>, Option<Shard>)> {
        let mut request = request.clone();
        // The driver orders replicas for those whose consistency is serial.
        request.consistency = Consistency::LocalSerial;
        let first = self.inner.pick(&request, cluster);
        let plan: Vec<(Arc<Node>, Option<Shard>)> = first
            .into_iter()
            .chain(self.inner.fallback(&request, cluster))
            .map(|(node, shard)| (node.clone(), shard))
            .collect();
        let mut tried = self.tried.lock();
        let is_new = |tried: &[Arc<Node>], node: &Arc<Node>| {
            tried.iter().all(|other| other.host_id != node.host_id)
        };
        if !plan.iter().any(|(node, _)| is_new(&tried, node)) {
            tried.clear();
        }
        let (node, shard) = plan.into_iter().find(|(node, _)| is_new(&tried, node))?;
        let place = (cluster.get_node_by_host_id(node.host_id)?, shard);
        tried.push(node);
        Some(place)
    }

    fn fallback<'a>(&'a self, _: &'a RoutingInfo, _: &'a ClusterState) -> FallbackPlan<'a> {
        Box::new(std::iter::empty())
    }

    fn name(&self) -> String {
        "one node a try".to_owned()
    }
}
