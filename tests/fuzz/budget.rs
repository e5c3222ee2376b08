//! How many inputs are tried, and how long one may take.

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseResult, TestError, TestRng, TestRunner};
use rustix::time::{ClockId, clock_gettime};
use std::time::{Duration, Instant};

/// Cases of one round, and of a run without a budget.
const CASES: u32 = 96;

/// CPU seconds for one input of at most some 100 KB, in a build without optimization.
const MOST_CPU_SECONDS: f64 = 10.0;

/// Tries inputs of `strategy` on `holds` until the budget is used up, or one fails. The target's time is shared by
/// so many `tests`.
pub(crate) fn run<S: Strategy>(tests: u64, strategy: &S, holds: impl Fn(S::Value) -> TestCaseResult)
where
    S::Value: Clone + std::fmt::Debug,
{
    let seconds: Option<u64> = std::env::var("NEWSRIVER_FUZZ_SECONDS")
        .ok()
        .and_then(|text| text.parse().ok());
    let end = seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds / tests));
    let mut cases = 0_u64;
    loop {
        let config = Config {
            cases: CASES,
            failure_persistence: None,
            max_shrink_iters: 20_000,
            ..Config::default()
        };
        // Without a budget it is a test like others, which fails for a change and not for bad luck.
        let mut runner = match end {
            Some(_) => TestRunner::new(config),
            None => TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha)),
        };
        let outcome = runner.run(strategy, |input| {
            let begun = cpu_seconds();
            let result = holds(input);
            let taken = cpu_seconds() - begun;
            assert!(taken <= MOST_CPU_SECONDS, "one input took {taken:.1} s");
            result
        });
        if let Err(TestError::Fail(reason, input)) = outcome {
            panic!("after {cases} inputs and more: {reason}\nthe input: {input:?}");
        }
        cases += u64::from(CASES);
        if end.is_none_or(|end| Instant::now() >= end) {
            break;
        }
    }
    eprintln!("{cases} inputs");
}

/// The CPU time of this thread: others on the machine make it no longer.
fn cpu_seconds() -> f64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    now.tv_sec as f64 + now.tv_nsec as f64 / 1e9
}
