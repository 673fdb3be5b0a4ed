//! Each fault breaks in its recording what its answer says, and the right run doesn't.

use std::collections::BTreeSet;

use faults::FAULTS;
use serde_json::Value;

/// The steps of a run.
struct Run(Vec<Value>);

impl Run {
    fn of(lines: &str) -> Self {
        Self(lines.lines().skip(1).map(|line| serde_json::from_str(line).unwrap()).collect())
    }

    fn all<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Value> {
        self.0.iter().filter(move |it| it["ev"] == kind)
    }

    fn count(&self, kind: &str) -> usize {
        self.all(kind).count()
    }

    /// The number of polls that a task has.
    fn polls_of(&self, task: &str) -> usize {
        self.all("poll").filter(|it| it["task"] == task).count()
    }

    /// The steps of each turn.
    fn turns(&self) -> impl Iterator<Item = &[Value]> {
        self.0.split(|it| it["ev"] == "turn").skip(1)
    }

    fn prints(&self, line: &str) -> bool {
        self.all("print").any(|it| it["text"] == line)
    }

    /// The steps up to the first of this kind.
    fn before(&self, kind: &str) -> Self {
        Self(self.0.iter().take_while(|it| it["ev"] != kind).cloned().collect())
    }
}

fn polls_a_task_twice_in_a_turn(run: &Run) -> bool {
    run.turns().any(|turn| {
        let mut polled = BTreeSet::new();
        let mut polls = turn.iter().filter(|it| it["ev"] == "poll");
        polls.any(|it| !polled.insert(it["task"].as_str()))
    })
}

fn has_an_early_timer(run: &Run) -> bool {
    run.all("fire").any(|it| it["t"].as_u64() < Some(2_500_000))
}

fn loses_a_wake(run: &Run) -> bool {
    run.polls_of("1") == 1
}

/// A timer that is due leaves the wheel at the beginning of a turn, and fires at its end.
fn lets_a_due_timer_wait(run: &Run) -> bool {
    let is_due = |it: &&Value| it["ev"] == "advance" && it["due"][0] == "0";
    let since = run.0.iter().skip_while(|it| !is_due(it)).cloned().collect();
    Run(since).before("fire").count("turn") > 1
}

fn gives_an_id_twice(run: &Run) -> bool {
    let mut ids = BTreeSet::new();
    run.all("spawn").any(|it| !ids.insert(it["task"].as_str()))
}

fn polls_the_main_future_often(run: &Run) -> bool {
    run.polls_of("0") > 2
}

/// The first task sets its timer first, each time.
fn fires_in_another_order(run: &Run) -> bool {
    let order: Vec<_> = run.all("fire").map(|it| it["task"].as_str().unwrap()).collect();
    order != ["1", "2", "1", "2"]
}

fn jumps_while_a_task_is_ready(run: &Run) -> bool {
    let before = run.before("jump");
    before.count("ready") > before.count("poll")
}

fn forgets_a_timer(run: &Run) -> bool {
    run.count("fire") < run.count("timer")
}

/// Nothing in it catches a cancellation.
fn lets_a_task_return_that_was_cancelled(run: &Run) -> bool {
    let cancelled: Vec<_> = run.all("cancel").map(|it| &it["task"]).collect();
    run.all("done").any(|it| cancelled.contains(&&it["task"]) && it["outcome"] == "returned")
}

fn keeps_an_alarm_from_setting_another(run: &Run) -> bool {
    run.prints("a second alarm was set: false")
}

/// Returns the function that finds the guarantee of this fault broken in a run.
fn is_broken(name: &str) -> fn(&Run) -> bool {
    match name {
        "wake_twice" | "last_poll" => polls_a_task_twice_in_a_turn,
        "sleep_briefly" => has_an_early_timer,
        "yield_once" => loses_a_wake,
        "due_at_once" => lets_a_due_timer_wait,
        "kept_waker" => gives_an_id_twice,
        "wait_for_three" => polls_the_main_future_often,
        "sleep_twice" => fires_in_another_order,
        "busy_meanwhile" => jumps_while_a_task_is_ready,
        "a_month" => forgets_a_timer,
        "cancel_late" => lets_a_task_return_that_was_cancelled,
        "alarm_in_alarm" => keeps_an_alarm_from_setting_another,
        _ => panic!("nothing says what {name} breaks"),
    }
}

#[test]
fn each_guarantee_is_seen_to_break_and_to_hold() {
    for fault in &FAULTS {
        let is_broken = is_broken(fault.name);
        assert!(is_broken(&Run::of(fault.faulty_run)), "{}: the fault isn't seen", fault.name);
        assert!(!is_broken(&Run::of(fault.right_run)), "{}: no fault is there", fault.name);
    }
}
