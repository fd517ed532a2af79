//! What is likely wrong.

use leptos_socket_core::sim::{Handshake, Resolution, Sim};
use leptos_socket_core::{CloseCode, Diagnosis, Hint, SocketConfig};

use crate::support::{assert_works, config, connected_with, defaults, idle_with, name, secs};

fn patient() -> SocketConfig {
    config(|c| c.max_reconnect_attempts(None).backoff_max(secs(1)))
}

fn connected() -> Sim {
    connected_with(patient())
}

fn lose(sim: &mut Sim, code: CloseCode) {
    sim.server_close(code);
    sim.drive();
}

/// This many attempts have failed, and the next one waits.
fn fail(sim: &mut Sim, attempts: usize) {
    sim.network.handshake = Handshake::Refused;
    let failed = |sim: &Sim| sim.states().filter(|state| name(*state) == "backoff").count();
    let before = failed(sim);
    while failed(sim) < before + attempts {
        assert!(sim.step());
    }
}

fn diagnosis(sim: &Sim) -> Option<Diagnosis> {
    sim.client().diagnosis()
}

#[test]
fn nothing_is_wrong_with_a_socket_that_is_idle_open_or_closed_by_the_app() {
    let mut sim = idle_with(patient());
    assert_eq!(diagnosis(&sim), None);
    sim.hint(Hint::Offline);
    sim.connect();
    assert_eq!(diagnosis(&sim), None, "the first attempt may well succeed");
    sim.drive();
    assert_eq!(diagnosis(&sim), None);
    sim.close();
    assert_eq!(diagnosis(&sim), None);
}

#[test]
fn a_link_that_was_just_lost_was_lost() {
    let mut sim = connected();
    lose(&mut sim, CloseCode::INTERNAL_ERROR);
    assert_eq!(diagnosis(&sim), Some(Diagnosis::Lost(CloseCode::INTERNAL_ERROR)));
    sim.advance(secs(2));
    assert_works(&mut sim);
    assert_eq!(diagnosis(&sim), None);
}

#[test]
fn a_link_that_gave_no_sign_of_life_was_lost_too() {
    let mut sim = connected();
    sim.cut_link();
    while name(sim.state()) != "backoff" {
        assert!(sim.step());
    }
    assert_eq!(diagnosis(&sim), Some(Diagnosis::Lost(CloseCode::ABNORMAL)));
}

#[test]
fn a_server_that_answers_no_attempt_is_unreachable() {
    let mut sim = connected();
    lose(&mut sim, CloseCode::ABNORMAL);
    for attempts in 1..=5 {
        fail(&mut sim, 1);
        assert_eq!(diagnosis(&sim), Some(Diagnosis::Unreachable { attempts }));
    }
}

#[test]
fn after_three_attempts_a_server_that_was_never_reached_is_told_apart() {
    let mut sim = idle_with(patient());
    sim.connect();
    fail(&mut sim, 2);
    assert_eq!(diagnosis(&sim), Some(Diagnosis::Unreachable { attempts: 2 }));
    fail(&mut sim, 1);
    assert_eq!(diagnosis(&sim), Some(Diagnosis::NeverOpened { attempts: 3 }));
    fail(&mut sim, 1);
    assert_eq!(diagnosis(&sim), Some(Diagnosis::NeverOpened { attempts: 4 }));
}

#[test]
fn a_socket_that_gave_up_still_says_why() {
    let mut sim = idle_with(defaults());
    sim.network.handshake = Handshake::Refused;
    sim.connect();
    sim.advance(secs(120));
    assert!(sim.state().is_closed());
    assert_eq!(diagnosis(&sim), Some(Diagnosis::NeverOpened { attempts: 6 }));
}

#[test]
fn offline_comes_before_every_guess() {
    let mut sim = connected();
    lose(&mut sim, CloseCode::RESTARTING);
    sim.hint(Hint::Offline);
    assert_eq!(diagnosis(&sim), Some(Diagnosis::Offline));
    sim.network.resolution = Resolution::Failing;
    sim.advance(secs(10));
    assert_eq!(diagnosis(&sim), Some(Diagnosis::Offline));
    sim.hint(Hint::Online);
    sim.drive();
    assert_eq!(diagnosis(&sim), Some(Diagnosis::NoEndpoint));
}

#[test]
fn a_provider_that_fails_comes_before_what_is_said_of_the_server() {
    for ever_opened in [true, false] {
        let mut sim = idle_with(patient());
        if ever_opened {
            sim.connect();
            sim.drive();
            lose(&mut sim, CloseCode::RESTARTING);
        } else {
            sim.connect();
            fail(&mut sim, 3);
        }
        sim.network.resolution = Resolution::Failing;
        sim.advance(secs(2));
        assert_eq!(diagnosis(&sim), Some(Diagnosis::NoEndpoint));
    }
}

#[test]
fn a_refusal_comes_before_everything() {
    let mut sim = connected();
    sim.hint(Hint::Offline);
    lose(&mut sim, CloseCode::POLICY);
    assert_eq!(diagnosis(&sim), Some(Diagnosis::Refused(CloseCode::POLICY)));
}

#[test]
fn a_server_that_says_so_is_restarting_until_three_attempts_have_failed() {
    for code in [CloseCode::GOING_AWAY, CloseCode::RESTARTING] {
        let mut sim = connected();
        lose(&mut sim, code);
        assert_eq!(diagnosis(&sim), Some(Diagnosis::Restarting(code)));
        fail(&mut sim, 2);
        assert_eq!(diagnosis(&sim), Some(Diagnosis::Restarting(code)));
        fail(&mut sim, 1);
        assert_eq!(diagnosis(&sim), Some(Diagnosis::Unreachable { attempts: 3 }));
    }
}

#[test]
fn three_links_in_a_row_that_were_lost_young_are_flapping() {
    let mut sim = connected();
    for links in 1..=4 {
        lose(&mut sim, CloseCode::ABNORMAL);
        let expected = if links < 3 { Diagnosis::Lost(CloseCode::ABNORMAL) } else { Diagnosis::Flapping { links } };
        assert_eq!(diagnosis(&sim), Some(expected));
        sim.advance(secs(2));
        assert!(sim.state().is_open());
    }
    // A link that lasts ends it.
    sim.advance(secs(10));
    lose(&mut sim, CloseCode::ABNORMAL);
    assert_eq!(diagnosis(&sim), Some(Diagnosis::Lost(CloseCode::ABNORMAL)));
}

#[test]
fn the_diagnosis_stays_while_the_next_attempt_is_made() {
    let mut sim = connected();
    lose(&mut sim, CloseCode::ABNORMAL);
    fail(&mut sim, 1);
    while name(sim.state()) != "connecting" {
        assert!(sim.step());
    }
    assert_eq!(diagnosis(&sim), Some(Diagnosis::Unreachable { attempts: 1 }));
}

#[test]
fn what_was_before_reconnect_does_not_count() {
    let mut sim = connected();
    lose(&mut sim, CloseCode::ABNORMAL);
    fail(&mut sim, 4);
    sim.reconnect();
    assert_eq!(diagnosis(&sim), None);
    fail(&mut sim, 1);
    assert_eq!(diagnosis(&sim), Some(Diagnosis::Unreachable { attempts: 1 }));
}

#[test]
fn a_diagnosis_is_a_sentence_and_names_no_address() {
    let sentences = [
        (Diagnosis::Offline, "there is no network"),
        (Diagnosis::NoEndpoint, "the address of the server could not be found out"),
        (Diagnosis::Refused(CloseCode::POLICY), "the server refuses this client with code 1008 (refused by policy)"),
        (
            Diagnosis::NeverOpened { attempts: 3 },
            "the server could never be reached: is the address right, and access granted?",
        ),
        (Diagnosis::Flapping { links: 3 }, "the server accepts connections and drops them at once"),
        (Diagnosis::Restarting(CloseCode::RESTARTING), "the server is restarting"),
        (Diagnosis::Unreachable { attempts: 1 }, "the server cannot be reached"),
        (Diagnosis::Lost(CloseCode::ABNORMAL), "the connection was lost"),
    ];
    for (diagnosis, sentence) in sentences {
        assert_eq!(diagnosis.to_string(), sentence);
    }
}
