//! Gossip.Read: who is in the cluster, who leads it, and who is dead.

use crate::cluster::{Cluster, Member};
use crate::record::ticks_now;
use crate::wire::gossip::member_info::VNodeState;
use crate::wire::gossip::{ClusterInfo, EndPoint, MemberInfo};
use crate::wire::structured;

/// What every node that lives says, at the same time and in the same words.
pub(crate) fn cluster_info(cluster: &Cluster) -> ClusterInfo {
    let (members, leader) = cluster.members_and_leader();
    let members =
        members.iter().enumerate().map(|(node, member)| member_info(node, member, leader)).collect();
    ClusterInfo { members }
}

fn member_info(node: usize, member: &Member, leader: Option<usize>) -> MemberInfo {
    let state = match leader {
        _ if !member.is_alive => VNodeState::Unknown,
        Some(leader) if leader == node => VNodeState::Leader,
        Some(_) => VNodeState::Follower,
        None => VNodeState::Unknown,
    };
    let end_point =
        EndPoint { address: member.advertised.ip().to_string(), port: u32::from(member.advertised.port()) };
    MemberInfo {
        instance_id: Some(structured(member.instance)),
        time_stamp: ticks_now().cast_signed(),
        state: state.into(),
        is_alive: member.is_alive,
        http_end_point: Some(end_point),
    }
}
