//! The shipped unit files: what systemd is promised, and how closed the service is.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stdout)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What `systemd-analyze security` may say at most, times ten.
const MOST_EXPOSURE: &str = "13";

fn docs(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name)
}

/// The values of each key of a unit file, sections aside (no key of ours stands in two).
fn read(name: &str) -> BTreeMap<String, Vec<String>> {
    let text = std::fs::read_to_string(docs(name)).unwrap();
    let mut keys: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if let Some((key, value)) = line.split_once('=') {
            keys.entry(key.to_owned()).or_default().push(value.to_owned());
        }
    }
    keys
}

fn seconds(keys: &BTreeMap<String, Vec<String>>, key: &str) -> u64 {
    let value = &keys[key][0];
    humantime::parse_duration(value).unwrap().as_secs()
}

/// Runs systemd-analyze, or says by name what was skipped. `NEWSRIVER_REQUIRE_TOOLS` makes its absence a failure.
fn analyze(skipped: &str, arguments: &[&str]) -> Option<(bool, String)> {
    match Command::new("systemd-analyze").args(arguments).output() {
        Ok(output) => {
            let text = [output.stdout, output.stderr].concat();
            Some((
                output.status.success(),
                String::from_utf8_lossy(&text).into_owned(),
            ))
        }
        Err(error) => {
            assert!(
                std::env::var_os("NEWSRIVER_REQUIRE_TOOLS").is_none(),
                "systemd-analyze is required: {error}"
            );
            println!("skipped: {skipped} (no systemd-analyze here)");
            None
        }
    }
}

#[test]
fn the_unit_says_what_the_daemon_does() {
    let keys = read("newsriver.service");
    let has = |key: &str, value: &str| keys[key].iter().any(|found| found == value);
    assert!(has("Type", "notify"));
    assert!(has("ExecReload", "/bin/kill -HUP $MAINPID"));
    assert!(has("RestartPreventExitStatus", "2"));
    assert!(has("Restart", "on-failure"));
    assert!(has("StateDirectory", "newsriver"));
    assert!(has("RuntimeDirectory", "newsriver"));
    assert!(keys["ExecStart"][0].contains("newsriver run --config"));
}

#[test]
fn the_unit_leaves_the_daemon_time_to_end_and_to_start() {
    let keys = read("newsriver.service");
    assert!(
        seconds(&keys, "TimeoutStopSec") > 10,
        "the daemon may take ten seconds to end"
    );
    assert!(
        seconds(&keys, "TimeoutStartSec") >= 300,
        "a rebuild from the journal comes before READY"
    );
    assert!(seconds(&keys, "WatchdogSec") >= 10, "both loops beat each second");
}

#[test]
fn the_unit_may_reach_the_web_and_nothing_else() {
    let keys = read("newsriver.service");
    assert_eq!(keys["RestrictAddressFamilies"], ["AF_INET AF_INET6 AF_UNIX"]);
    assert_eq!(keys["CapabilityBoundingSet"], [""]);
    assert!(
        !keys.contains_key("IPAddressDeny"),
        "sources are fetched from the whole web"
    );
    assert!(!keys.contains_key("PrivateNetwork"));
}

#[test]
fn the_unit_is_closed_by_systemds_own_count() {
    let unit = docs("newsriver.service");
    let threshold = format!("--threshold={MOST_EXPOSURE}");
    let arguments = [
        "security",
        "--offline=true",
        "--no-pager",
        &threshold,
        unit.to_str().unwrap(),
    ];
    if let Some((is_closed, text)) = analyze("the_unit_is_closed_by_systemds_own_count", &arguments) {
        let verdict = text.lines().rfind(|line| line.contains("Overall exposure"));
        assert!(is_closed, "{}", verdict.unwrap_or(&text));
    }
}

#[test]
fn systemd_understands_every_line_of_both_units() {
    let folder = tempfile::tempdir().unwrap();
    let service = folder.path().join("newsriver.service");
    let socket = folder.path().join("newsriver.socket");
    // The binary need not be installed where the tests run.
    let text = std::fs::read_to_string(docs("newsriver.service")).unwrap();
    let text = text.replace("/usr/local/bin/newsriver", "/bin/true");
    std::fs::write(&service, text).unwrap();
    std::fs::copy(docs("newsriver.socket"), &socket).unwrap();
    let arguments = [
        "verify",
        "--man=no",
        service.to_str().unwrap(),
        socket.to_str().unwrap(),
    ];
    if let Some((_, text)) = analyze("systemd_understands_every_line_of_both_units", &arguments) {
        // Other units of the machine may be complained of as well.
        let ours: Vec<&str> = text.lines().filter(|line| line.contains("newsriver")).collect();
        assert!(ours.is_empty(), "{ours:#?}");
    }
}
