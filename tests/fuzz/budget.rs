//! How many inputs are tried, of which seed, and how long one may take.

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseResult, TestError, TestRng, TestRunner};
use rustix::time::{ClockId, clock_gettime};
use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

/// Inputs of one round, and of a run without a budget.
const INPUTS: u64 = 96;

/// CPU seconds for one input of at most some 100 KB, in a build without optimization.
const MOST_CPU_SECONDS: f64 = 10.0;

/// How far to go: until so many inputs were tried or so much time went by, whichever comes first.
#[derive(Debug)]
struct Budget {
    seed: u64,
    inputs: u64,
    time: Duration,
}

impl Budget {
    /// What the environment asks for. Of one seed the inputs are always the same; so that a slower or faster machine
    /// tries no others, their number goes by the seconds and not by the clock, which only ends what takes too long.
    /// Who names a seed wants what the clock allows.
    fn of_environment(tests: u64, inputs_a_second: u64) -> Self {
        let number = |name: &str| Some(std::env::var(name).ok()?.parse::<u64>().expect("a number"));
        let seed = match std::env::var("NEWSRIVER_FUZZ_SEED").as_deref() {
            Ok("random") => Some(RandomState::new().hash_one(())),
            _ => number("NEWSRIVER_FUZZ_SEED"),
        };
        let seconds = number("NEWSRIVER_FUZZ_SECONDS").map(|seconds| seconds.div_ceil(tests));
        let inputs = match (seed, seconds) {
            (_, None) => INPUTS,
            (None, Some(seconds)) => seconds * inputs_a_second,
            (Some(_), Some(_)) => u64::MAX,
        };
        Self {
            seed: seed.unwrap_or_default(),
            inputs,
            time: seconds.map_or(Duration::MAX, Duration::from_secs),
        }
    }
}

/// Tries inputs of `strategy` on `holds` until the budget is used up, or one fails. The target's time is shared by so
/// many `tests`; of this one's inputs, `inputs_a_second` is what a slow core does in a build without optimization.
pub(crate) fn run<S: Strategy>(
    tests: u64,
    inputs_a_second: u64,
    strategy: &S,
    holds: impl Fn(S::Value) -> TestCaseResult,
) where
    S::Value: Clone + std::fmt::Debug,
{
    let budget = Budget::of_environment(tests, inputs_a_second);
    let begun = Instant::now();
    let mut inputs = 0;
    while inputs < budget.inputs && begun.elapsed() < budget.time {
        let config = Config {
            cases: INPUTS as u32,
            failure_persistence: None,
            max_shrink_iters: 20_000,
            ..Config::default()
        };
        let mut runner = TestRunner::new_with_rng(config, generator(budget.seed, inputs / INPUTS));
        let outcome = runner.run(strategy, |input| {
            let begun = cpu_seconds();
            let result = holds(input);
            let taken = cpu_seconds() - begun;
            assert!(taken <= MOST_CPU_SECONDS, "one input took {taken:.1} s");
            result
        });
        if let Err(error) = outcome {
            let seed = budget.seed;
            match error {
                TestError::Fail(reason, input) => {
                    panic!("seed {seed}, after {inputs} inputs and more: {reason}\nthe input: {input:?}")
                }
                TestError::Abort(reason) => panic!("seed {seed}: {reason}"),
            }
        }
        inputs += INPUTS;
    }
    let unfinished = if budget.inputs != u64::MAX && inputs < budget.inputs {
        format!(" of {}: the time was up", budget.inputs)
    } else {
        String::new()
    };
    // The threads of tests are called as they are.
    eprintln!(
        "{}: {inputs} inputs{unfinished}, seed {}, {:.1} s",
        std::thread::current().name().unwrap_or_default(),
        budget.seed,
        begun.elapsed().as_secs_f64()
    );
}

/// The inputs of one round are its own, whatever came before.
fn generator(seed: u64, round: u64) -> TestRng {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    bytes[8..16].copy_from_slice(&round.to_le_bytes());
    TestRng::from_seed(RngAlgorithm::ChaCha, &bytes)
}

/// The CPU time of this thread: others on the machine make it no longer.
fn cpu_seconds() -> f64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    now.tv_sec as f64 + now.tv_nsec as f64 / 1e9
}
