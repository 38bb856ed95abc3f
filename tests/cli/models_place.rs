//! The place of the read models is not always a directory: deliveries are taken all the same.

use std::fs;
use std::os::unix::fs::symlink;

use crate::cli::harness::{Ledger, printed, refused, text};
use crate::support::patience::until;

const HOOK: &str = r#"{"attempt_id":"1000000","queue_id":"17"}"#;

#[test]
fn a_link_that_leads_nowhere_is_named_and_a_service_waits_for_its_place() {
    let ledger = Ledger::of("20");
    printed(&ledger.with(&["attempts"]));
    let (models, elsewhere) = (ledger.path().join("read-models"), ledger.room("elsewhere"));
    fs::rename(&models, ledger.room("away")).unwrap();
    symlink(&elsewhere, &models).unwrap();
    for command in [&["verify"][..], &["attempts"]] {
        refused(
            &ledger.with(command),
            1,
            &[text(&models), text(&elsewhere), "is not there", "hint: mount it"],
        );
    }
    let server = ledger.serve();
    server.post("/v1/hooks/inbound_queue/joined", HOOK).expect(201);
    fs::rename(ledger.room("away"), &elsewhere).unwrap();
    until(|| "the read models are back", || (server.get("/v1/attempts").status == 200).then_some(()));
}

#[test]
fn a_file_in_the_place_of_the_read_models_is_kept_aside() {
    let ledger = Ledger::of("20");
    fs::write(ledger.path().join("read-models"), "what is this").unwrap();
    let server = ledger.serve();
    server.post("/v1/hooks/inbound_queue/joined", HOOK).expect(201);
    server.catch_up();
    let mut names = fs::read_dir(ledger.path()).unwrap().map(|entry| entry.unwrap().path());
    let aside = names.find(|path| text(path).contains("read-models.aside-")).expect("it is kept");
    assert_eq!(fs::read_to_string(aside).unwrap(), "what is this");
}
