use super::*;
use crate::model::ItemNumber;
use std::fs;

const UUID: u128 = 7;

fn record(number: u64) -> Record {
    let mut record = Record::default();
    record.push_item(ItemNumber(number), 1, &[number.to_le_bytes()[0]; 100], None);
    record
}

fn filled(folder: &Path, segment_bytes: u64, records: u64) -> Journal {
    let mut journal = Journal::create(folder, UUID, segment_bytes).unwrap();
    for number in 1..=records {
        assert_eq!(journal.append(&record(number)).unwrap(), number);
    }
    journal.sync().unwrap();
    journal
}

fn numbers_after(journal: &Journal, after: u64) -> (Vec<u64>, Vec<Finding>) {
    let mut numbers = Vec::new();
    let findings = journal
        .reader()
        .replay(after, u64::MAX, |_, record| {
            numbers.extend(record.ops.iter().filter_map(|op| match op {
                Op::Item { number, .. } => Some(number.0),
                _ => None,
            }));
            Ok(())
        })
        .unwrap();
    (numbers, findings)
}

#[test]
fn records_come_back_in_order_over_many_logs_and_a_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = filled(folder.path(), 500, 20);
    assert!(journal.closed.len() > 3);
    assert_eq!(numbers_after(&journal, 0), ((1..=20).collect(), vec![]));
    assert_eq!(numbers_after(&journal, 17), (vec![18, 19, 20], vec![]));
    journal.append(&record(21)).unwrap();
    drop(journal);
    let (mut journal, findings) = Journal::open(folder.path(), UUID, 500).unwrap();
    assert_eq!((journal.last(), findings), (21, vec![]));
    journal.append(&record(22)).unwrap();
    assert_eq!(numbers_after(&journal, 20), (vec![21, 22], vec![]));
}

#[test]
fn a_torn_tail_is_cut_off_and_said_at_every_length() {
    let folder = tempfile::tempdir().unwrap();
    let journal = filled(folder.path(), u64::MAX, 3);
    let path = segment::log_path(folder.path(), 1);
    let whole = fs::read(&path).unwrap();
    drop(journal);
    for cut in 0..whole.len() {
        fs::write(&path, &whole[..cut]).unwrap();
        let (mut journal, findings) = Journal::open(folder.path(), UUID, u64::MAX).unwrap();
        let kept = journal.last();
        assert!(kept < 3 && findings.iter().all(|finding| !finding.is_damage));
        journal.append(&record(9)).unwrap();
        let mut expected: Vec<u64> = (1..=kept).collect();
        expected.push(9);
        assert_eq!(numbers_after(&journal, 0).0, expected);
    }
}

#[test]
fn damage_in_the_middle_costs_one_record_and_is_said() {
    let folder = tempfile::tempdir().unwrap();
    drop(filled(folder.path(), u64::MAX, 5));
    let path = segment::log_path(folder.path(), 1);
    let mut bytes = fs::read(&path).unwrap();
    let frame = (bytes.len() - segment::HEADER) / 5;
    bytes[segment::HEADER + 2 * frame + 30] ^= 1;
    fs::write(&path, bytes).unwrap();
    let (journal, findings) = Journal::open(folder.path(), UUID, u64::MAX).unwrap();
    assert!(findings.iter().any(|finding| finding.is_damage));
    let (numbers, findings) = numbers_after(&journal, 0);
    assert_eq!(numbers, [1, 2, 4, 5]);
    assert!(
        findings
            .iter()
            .any(|finding| finding.words.contains("records 3 to 3")),
        "{findings:?}"
    );
}

#[test]
fn a_missing_log_and_a_damaged_head_are_said() {
    let folder = tempfile::tempdir().unwrap();
    let journal = filled(folder.path(), 500, 20);
    let second = segment::log_path(folder.path(), journal.closed[1].first);
    fs::remove_file(second).unwrap();
    assert!(numbers_after(&journal, 0).1.len() >= 2);
    let active = segment::log_path(folder.path(), journal.active.first);
    drop(journal);
    let mut bytes = fs::read(&active).unwrap();
    bytes[0] = 0;
    fs::write(&active, bytes).unwrap();
    let (mut journal, findings) = Journal::open(folder.path(), UUID, 500).unwrap();
    assert!(findings[0].is_damage);
    assert_eq!(journal.last(), 20);
    journal.append(&record(21)).unwrap();
    assert_eq!(numbers_after(&journal, 20).0, [21]);
}

#[test]
fn a_snapshot_takes_the_place_of_what_it_covers_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = filled(folder.path(), 500, 10);
    journal.roll().unwrap();
    let mut writer = journal.snapshot_writer();
    for number in [2, 4] {
        writer.push(|into| into.append(record(number))).unwrap();
    }
    let snapshot = writer.finish().unwrap();
    journal.append(&record(11)).unwrap();
    let (broken_off, findings) = Journal::open(folder.path(), UUID, 500).unwrap();
    assert_eq!(findings, []);
    assert_eq!(numbers_after(&broken_off, 0).0, (1..=11).collect::<Vec<u64>>());
    assert!(segment::snapshots(folder.path()).unwrap().is_empty());
    drop(broken_off);

    let mut writer = journal.snapshot_writer();
    writer.push(|into| into.append(record(3))).unwrap();
    let again = Snapshot {
        covers: 11,
        ..writer.finish().unwrap()
    };
    assert_ne!(again, snapshot);
    journal.roll().unwrap();
    journal.append(&record(12)).unwrap();
    journal.adopt(again).unwrap();
    assert_eq!(numbers_after(&journal, 0).0, [3, 12]);
    assert_eq!(numbers_after(&journal, 11).0, [12]);
    for turn in 0..5 {
        assert_eq!(journal.reader().check(turn).unwrap(), []);
    }
    fs::write(folder.path().join("MANIFEST"), "junk").unwrap();
    let (journal, findings) = Journal::open(folder.path(), UUID, 500).unwrap();
    assert!(findings[0].is_damage);
    assert_eq!(numbers_after(&journal, 0).0, [3, 12]);
}

#[test]
fn half_a_record_at_the_end_of_what_is_being_written_is_no_damage() {
    let folder = tempfile::tempdir().unwrap();
    let journal = filled(folder.path(), 500, 10);
    let active = segment::log_path(folder.path(), journal.active.first);
    let bytes = fs::read(&active).unwrap();
    fs::write(&active, &bytes[..bytes.len() - 7]).unwrap();
    for turn in 0..journal.closed.len() * 2 {
        assert_eq!(journal.reader().check(turn).unwrap(), []);
    }
}

#[test]
fn a_snapshot_that_is_given_up_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = filled(folder.path(), 500, 1000);
    journal.roll().unwrap();
    let mut writer = journal.snapshot_writer();
    for number in 0..10_000 {
        writer.push(|into| into.append(record(number))).unwrap();
    }
    assert!(!segment::snapshots(folder.path()).unwrap().is_empty());
    drop(writer);
    assert!(segment::snapshots(folder.path()).unwrap().is_empty());
}
