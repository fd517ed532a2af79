//! A trace is played in WebAssembly as it is natively.

use leptos_socket::record::{Step, replay};

use super::*;

/// Natively, core's own tests compare the same two files.
#[wasm_bindgen_test]
fn a_trace_is_played_as_it_is_natively() {
    let json = include_str!("../../../core/tests/data/trace.json");
    let steps: Vec<Step> = replay(json).unwrap().collect();
    assert!(steps.iter().all(Step::is_same));
    let told = steps.iter().filter(|step| !step.is_quiet()).map(|step| format!("{} {step}\n", step.at()));
    assert_eq!(told.collect::<String>(), include_str!("../../../core/tests/data/trace.txt"));
}

#[wasm_bindgen_test]
async fn what_happens_in_a_browser_is_recorded_and_played_again() {
    let page = Page::new();
    let socket = page.open("recorded", impatient().record(Duration::from_secs(60))).await;
    let reply = socket.send_and_wait(Message::new("echo", "s3cret")).await.unwrap();
    assert_eq!(reply.payload().as_str(), "\"s3cret\"");
    socket.close();
    let json = socket.recording().unwrap().to_string();
    assert!(json.contains("echo") && !json.contains("s3cret"));
    let mut replay = replay(&json).unwrap();
    assert!(replay.by_ref().all(|step| step.is_same()));
    assert!(replay.client(0).is_some_and(|client| client.state().is_closed()));
}
