//! What is claimed of the server. Every suite must say of each how it fared, so that none is lost unseen.

/// Claims about one server, whichever it is.
pub const OF_ANY_SERVER: [&str; 19] = [
    "appended_events_are_read_as_they_were_sent",
    "content_types_come_back",
    "both_ways_of_appending_write_the_same_stream",
    "stale_appends_conflict_and_write_nothing",
    "of_rival_appends_exactly_one_is_made",
    "the_same_append_again_is_answered_as_before_and_not_written",
    "a_retry_with_one_other_event_is_a_conflict",
    "too_large_an_append_is_refused",
    "reads_go_both_ways_from_any_place_up_to_a_limit",
    "a_missing_stream_is_not_found",
    "all_streams_are_read_in_commit_order_both_ways",
    "filters_go_by_type_and_stream_by_prefix_and_pattern",
    "a_filtered_subscription_to_all_sees_what_was_and_what_comes",
    "a_subscription_gets_every_event_of_racing_writers_once_and_in_order",
    "a_filtered_subscription_gets_checkpoints_and_is_told_that_it_caught_up",
    "a_subscription_to_a_stream_sees_what_was_and_what_comes",
    "a_deleted_stream_is_gone_until_it_is_written_again",
    "a_tombstoned_stream_is_gone_for_good",
    "stream_metadata_limits_what_is_read",
];

/// Claims that move and kill leaders, which nobody may do to a server that somebody lent.
pub const OF_A_CLUSTER: [&str; 3] = [
    "a_client_of_a_follower_is_told_where_the_leader_is",
    "a_client_of_the_cluster_goes_where_the_lead_goes",
    "a_write_repeated_after_the_leader_died_is_made_once",
];

/// Claims about TLS and users, for which the server must have just the right ones.
pub const OF_A_SECURED_SERVER: [&str; 4] = [
    "with_tls_and_a_password_all_is_as_without",
    "who_has_not_the_right_password_may_do_nothing",
    "a_user_who_is_no_administrator_may_use_streams_but_not_all_at_once",
    "a_server_is_not_believed_that_another_authority_vouches_for",
];

/// Claims that are made of doubles alone.
pub fn of_doubles() -> impl Iterator<Item = &'static str> {
    OF_A_CLUSTER.into_iter().chain(OF_A_SECURED_SERVER)
}
