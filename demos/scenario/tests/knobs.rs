//! The knobs of a program, and the program that comes of turning one.

use scenario::lessons::lessons;
use scenario::python::{Knob, Options, Turns, check, knobs, knobs_json, run, turned};

const PROGRAM: &str = "import asyncio


async def work(name, time, fails=False):
    await asyncio.sleep(time)
    if fails:
        raise ValueError(name)
    return name


async def relay(pause):
    await work('é', pause)


async def number(n):
    await asyncio.sleep(n * 0.04)
    if n == 2:
        raise ValueError('two')
    if n in (3, 4):
        raise ValueError('three or four')


async def main():
    tasks = [asyncio.create_task(work('a', 0.1)), asyncio.create_task(work('b', 2, fails=True))]
    await asyncio.wait(tasks, timeout=5, return_when=asyncio.FIRST_COMPLETED)
    await asyncio.gather(relay(1), number(1), return_exceptions=True)
    async with asyncio.timeout(None):
        await asyncio.wait_for(work('c', time=0.25), 3)


asyncio.run(main())
";

/// The thing that each knob turns, its value and its line.
fn told(text: &str) -> Vec<(Turns, String, usize)> {
    knobs(text).into_iter().map(|knob| (knob.turns, knob.value, knob.line)).collect()
}

fn knob(turns: Turns, value: &str) -> Knob {
    let found = knobs(PROGRAM).into_iter().find(|it| it.turns == turns && it.value == value);
    found.expect("there is such a knob")
}

#[test]
fn all_that_can_be_turned_is_found_in_the_order_of_the_text() {
    let all = [
        (Turns::Fails, "False", 4),
        (Turns::Sleep, "0.04", 16),
        (Turns::Fails, "2", 17),
        (Turns::Fails, "3", 19),
        (Turns::Fails, "4", 19),
        (Turns::Sleep, "0.1", 24),
        (Turns::Sleep, "2", 24),
        (Turns::Fails, "True", 24),
        (Turns::Timeout, "5", 25),
        (Turns::ReturnWhen, "asyncio.FIRST_COMPLETED", 25),
        (Turns::Sleep, "1", 26),
        (Turns::ReturnExceptions, "True", 26),
        (Turns::Timeout, "None", 27),
        (Turns::Sleep, "0.25", 28),
        (Turns::Timeout, "3", 28),
    ];
    let all: Vec<_> =
        all.into_iter().map(|(it, value, line)| (it, value.to_owned(), line)).collect();
    assert_eq!(told(PROGRAM), all);
}

#[test]
fn a_turned_program_differs_in_that_place_only() {
    let knob = knob(Turns::ReturnWhen, "asyncio.FIRST_COMPLETED");
    let text = turned(PROGRAM, &knob, "asyncio.ALL_COMPLETED").unwrap();
    assert_eq!(text, PROGRAM.replace("FIRST_COMPLETED", "ALL_COMPLETED"));
}

#[test]
fn the_column_is_that_of_the_value() {
    let knob = knob(Turns::Timeout, "5");
    let line = PROGRAM.lines().nth(knob.line - 1).unwrap();
    assert_eq!(line.chars().nth(knob.column - 1), Some('5'));
    assert_eq!(&PROGRAM[knob.bytes], "5");
}

#[test]
fn a_value_that_does_not_fit_is_refused() {
    let refusal = |turns, value, other| {
        turned(PROGRAM, &knob(turns, value), other).unwrap_err().reason().to_owned()
    };
    assert_eq!(
        refusal(Turns::Sleep, "0.1", "soon"),
        "`soon` doesn't fit here: write a number of seconds"
    );
    assert_eq!(
        refusal(Turns::Timeout, "5", "-1"),
        "`-1` doesn't fit here: write a number of seconds, or None"
    );
    assert_eq!(refusal(Turns::Fails, "True", "2"), "`2` doesn't fit here: write False or True");
    let other = turned(&PROGRAM.replace("timeout=5", "limit=5"), &knob(Turns::Timeout, "5"), "6");
    assert_eq!(other.unwrap_err().reason(), "the text is another by now: look for its knobs again");
}

#[test]
fn scripts_get_places_as_they_count_them() {
    let json: serde_json::Value = serde_json::from_str(&knobs_json(PROGRAM)).unwrap();
    let units: Vec<u16> = PROGRAM.encode_utf16().collect();
    let place = |object: &serde_json::Value, key: &str| {
        usize::try_from(object[key].as_u64().unwrap()).unwrap()
    };
    for object in json.as_array().unwrap() {
        let (begin, end) = (place(object, "begin"), place(object, "end"));
        assert_eq!(String::from_utf16(&units[begin..end]).unwrap(), object["value"]);
    }
    assert_eq!(json[0]["label"], "fails in line 4");
}

#[test]
fn each_lesson_that_sleeps_has_knobs_and_each_turn_leaves_a_program() {
    for lesson in lessons() {
        let all = knobs(lesson.program);
        assert!(lesson.name == "turns" || !all.is_empty(), "{}", lesson.name);
        for knob in all {
            let other = knob.choices.first().map_or("7", |choice| choice);
            let text = turned(lesson.program, &knob, other).unwrap();
            assert_eq!(check(&text), Ok(()), "{}: {knob}", lesson.name);
        }
    }
}

#[test]
fn a_program_that_makes_no_sense_has_no_knobs() {
    assert_eq!(knobs("await asyncio.sleep(1"), []);
    assert_eq!(knobs_json("await asyncio.sleep(1"), "[]");
}

// The order of a run.

const RACE: &str = "import asyncio


async def work(name):
    await asyncio.sleep(1)
    print(name)


async def main():
    await asyncio.gather(*[work(name) for name in ('a', 'b', 'c', 'd')])


asyncio.run(main())
";

#[test]
fn a_seed_is_an_order() {
    let in_order = |seed| Options::new().seed(seed).run(RACE).unwrap().printed;
    assert_eq!(in_order(1), in_order(1));
    assert!((0..20).map(in_order).any(|printed| printed != run(RACE).unwrap().printed));
    for seed in 0..20 {
        let mut lines: Vec<_> = in_order(seed).lines().map(str::to_owned).collect();
        lines.sort();
        assert_eq!(lines, ["a", "b", "c", "d"]);
    }
}

#[test]
fn without_a_seed_it_is_the_order_of_asyncio() {
    assert_eq!(Options::new().run(RACE).unwrap().printed, "a\nb\nc\nd\n");
}

#[test]
fn a_run_can_be_given_less_steps_but_not_more() {
    let endless =
        "import asyncio\nasync def main():\n    while True:\n        pass\nasyncio.run(main())";
    let failure = |most| Options::new().most_steps(most).run(endless).unwrap().failure.unwrap();
    assert!(failure(10).ends_with("it hasn't ended after 10 steps"));
    assert!(failure(1_000_000).ends_with("it hasn't ended after 100000 steps"));
}

#[test]
fn a_complaint_has_its_place_and_reason() {
    let complaint = Options::new().run("import asyncio\nclass A:\n    pass\n").unwrap_err();
    assert_eq!((complaint.line(), complaint.column()), (2, 1));
    assert!(complaint.reason().starts_with("`class` isn't part of this language"));
}
