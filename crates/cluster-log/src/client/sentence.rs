//! What servers and the client crate say in words alone: the one place that reads them.
//!
//! KNOWN GAP: these have no code and no metadata of their own. The words are those of EventStoreDB 23.10.6,
//! KurrentDB 25.0 and the crate `eventstore` 4.0.0. A release with other words costs what each sentence says;
//! no record is lost or doubled by it.

/// A sentence that decides what is done next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sentence {
    /// The stream of a write was deleted for good. Not known: the write is tried again without end.
    StreamDeleted,
    /// The write is larger than `MaxAppendSize`. Not known: it is refused without the remedy.
    WriteTooLarge,
    /// The client's session ended without a word from the network: a conflict ended it. Not known: the client
    /// is replaced.
    SessionClosed,
    /// No record of the log begins at the place that a subscription is to begin after. A place that the
    /// server has not reached yet is no fault. Not known, as from 23.10, which says nothing of it: the
    /// subscription is tried again.
    NoPlace,
}

/// What a message says, if it says one of them. Releases spell them with spaces and without.
pub(super) fn sentence(message: &str) -> Option<Sentence> {
    let letters: String = message.chars().filter(char::is_ascii_alphabetic).collect();
    let letters = letters.to_ascii_lowercase();
    let words = [
        ("streamdeleted", Sentence::StreamDeleted),
        ("appendsize", Sentence::WriteTooLarge),
        ("batchappendstreamhasbeenclosed", Sentence::SessionClosed),
        ("invalidposition", Sentence::NoPlace),
    ];
    words.into_iter().find(|(words, _)| letters.contains(words)).map(|(_, sentence)| sentence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_known_as_servers_wrote_them_and_no_other() {
        let all = [
            ("StreamDeleted", Some(Sentence::StreamDeleted)),
            ("Maximum Append Size Exceeded", Some(Sentence::WriteTooLarge)),
            ("MaximumAppendSizeExceeded", Some(Sentence::WriteTooLarge)),
            (
                "status: Cancelled, message: \"Batch-append stream has been closed\"",
                Some(Sentence::SessionClosed),
            ),
            ("Envelope callback expected, got InvalidPosition", Some(Sentence::NoPlace)),
            ("MaximumAppendEventSizeExceeded", None),
            ("Server Is Not Ready", None),
            ("Exception was thrown by handler.", None),
            ("", None),
        ];
        for (message, known) in all {
            assert_eq!(sentence(message), known, "{message}");
        }
    }
}
