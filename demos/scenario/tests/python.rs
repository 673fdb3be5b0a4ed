//! Programs that look like Python's asyncio: what they print, and what is said of mistakes.
//!
//! That they print the same on Python is tested with the examples of `wheelhouse run`.

mod random;

use std::env;
use std::fs;
use std::path::Path;

use scenario::python::{check, knobs, record, run, to_json, to_rust};

use random::Random;

/// Returns a program whose `main` has these lines. They begin in line 6.
fn program(lines: &str) -> String {
    let lines: Vec<_> = lines.lines().map(|line| format!("    {line}")).collect();
    let lines = lines.join("\n");
    format!(
        "import asyncio\n\nasync def work(n=1):\n    return n\nasync def main():\n{lines}\n\
        asyncio.run(main())\n"
    )
}

/// Returns what a `main` of these lines prints.
fn printed(lines: &str) -> String {
    let run = run(&program(lines)).expect("it makes sense");
    assert_eq!(run.failure, None);
    run.printed
}

/// Returns what is said of a `main` of these lines, without the place.
fn complaint(lines: &str) -> String {
    let said = check(&program(lines)).expect_err(lines);
    said.split_once(": ").expect("it has a place").1.to_owned()
}

/// Returns what a whole program prints.
fn run_text(text: &str) -> String {
    let run = run(text).expect("it makes sense");
    assert_eq!(run.failure, None);
    run.printed
}

fn failure(lines: &str) -> String {
    run(&program(lines)).expect("it makes sense").failure.expect("it fails")
}

// Values.

#[test]
fn values_are_printed_as_python_prints_them() {
    assert_eq!(
        printed("print(1, 0.5, 2.0, True, None, 'it', [1, 'it'], (1,), -3)"),
        "1 0.5 2.0 True None it [1, 'it'] (1,) -3\n"
    );
    assert_eq!(printed("print(repr('a\"b'), repr(\"it's\"), 'tab\\t')"), "'a\"b' \"it's\" tab\t\n");
    assert_eq!(
        printed("print(7 // 2, -7 // 2, -7 % 3, 7 / 2, 1e20, 1e-7)"),
        "3 -4 2 3.5 1e+20 1e-07\n"
    );
}

#[test]
fn lists_are_repeated_and_compared_as_in_python() {
    assert_eq!(
        printed("n = 2\nprint([0] * n, 2 * (1, 2), (1,) + (2,))"),
        "[0, 0] (1, 2, 1, 2) (1, 2)\n"
    );
    assert_eq!(printed("print((1, 2) < (1, 3), [1] < [1, 0], (2,) < (1, 9))"), "True True False\n");
    assert_eq!(printed("print(9007199254740993 == 9007199254740992, 0.0 == -0.0)"), "False True\n");
    assert_eq!(
        failure("print([1] + (1,))"),
        "TypeError: can only concatenate list (not \"tuple\") to list"
    );
    assert_eq!(failure("print(1.0 // 0)"), "ZeroDivisionError: float floor division by zero");
    assert_eq!(failure("print(1 % 0)"), "ZeroDivisionError: integer modulo by zero");
}

#[test]
fn what_stands_before_an_await_is_computed_before_it() {
    let task = "task = asyncio.create_task(work())\n";
    assert_eq!(
        printed(&format!("{task}print(task.done(), await task, task.done())")),
        "False 1 True\n"
    );
    assert_eq!(printed(&format!("{task}print(f'{{task.done()}} {{await task}}')")), "False 1\n");
    assert_eq!(printed(&format!("{task}print(task.done() + await task)")), "1\n");
}

#[test]
fn a_list_keeps_what_a_name_stood_for() {
    let lines = "try:\n    n = 1\n    all = [n]\n    n = 2\nfinally:\n    pass\nprint(all, n)";
    assert_eq!(printed(lines), "[1] 2\n");
}

#[test]
fn a_list_is_one_under_all_its_names() {
    assert_eq!(printed("a = [1]\nb = a\nb.append(2)\nprint(a, a is b)"), "[1, 2] True\n");
    assert_eq!(printed("a = [1]\nb = [a, a]\na.append(2)\nprint(b)"), "[[1, 2], [1, 2]]\n");
    let argument = "async def add(to):\n    to.append(1)\na = []\nawait add(a)\nprint(a)";
    assert_eq!(printed(argument), "[1]\n");
    let around = "a = []\nasync def add():\n    a.append(1)\nawait add()\nprint(a)";
    assert_eq!(printed(around), "[1]\n");
    let later = "async def show(it):\n    print(it)\na = []\nc = show(a)\na.append(1)\nawait c";
    assert_eq!(printed(later), "[1]\n");
    assert_eq!(printed("a = [1]\nb = a\nb += [2]\na = a + [3]\nprint(a, b)"), "[1, 2, 3] [1, 2]\n");
    assert_eq!(printed("a = [[0]] * 2\na[0].append(1)\nprint(a)"), "[[0, 1], [0, 1]]\n");
}

#[test]
fn a_list_is_one_for_all_tasks() {
    let lines = "queue = []
async def put(n):
    for i in range(n):
        await asyncio.sleep(1)
        queue.append(i)
async def take():
    taken = []
    while len(taken) < 2:
        if queue:
            taken.append(queue.pop(0))
        else:
            await asyncio.sleep(0.5)
    return taken
print(await asyncio.gather(put(3), take()), queue)";
    assert_eq!(printed(lines), "[None, [0, 1]] [2]\n");
}

#[test]
fn a_list_of_the_whole_program_is_one_for_all_functions() {
    let text = "import asyncio\nseen = []\nasync def see(n):\n    seen.append(n)\n\
        async def main():\n    await see(1)\n    await see(2)\n    print(seen)\n\
        asyncio.run(main())\n";
    assert_eq!(run_text(text), "[1, 2]\n");
}

#[test]
fn the_methods_of_a_list_change_it_as_in_python() {
    let lines = "a = [3, 1, 2]
a.insert(1, 9)
a.extend(range(2))
print(a, a.pop(), a.pop(0), a.index(2), a.count(1))
a.remove(9)
a.sort(reverse=True)
a[0] = 7
print(a, a[1:], a[::-1])
a.reverse()
a.clear()
print(a)";
    assert_eq!(printed(lines), "[9, 1, 2, 0] 1 3 2 1\n[7, 1, 0] [1, 0] [0, 1, 7]\n[]\n");
    assert_eq!(failure("[].pop()"), "IndexError: pop from empty list");
    assert_eq!(failure("[1].remove(2)"), "ValueError: list.remove(x): x not in list");
    assert_eq!(failure("a = []\na[0] = 1"), "IndexError: list assignment index out of range");
    assert_eq!(
        failure("a = (1,)\na[0] = 1"),
        "TypeError: 'tuple' object does not support item assignment"
    );
}

#[test]
fn a_loop_over_a_list_that_changes_goes_on_with_its_places() {
    let lines = "a = [1, 2, 3]\nfor x in a:\n    if x == 1:\n        a.remove(2)\n    print(x)";
    assert_eq!(printed(lines), "1\n3\n");
    let grown = "d = {1: 2}\nfor k in d:\n    d[k + 1] = 0";
    assert_eq!(failure(grown), "RuntimeError: dictionary changed size during iteration");
}

#[test]
fn a_dictionary_is_as_in_python() {
    let lines = "d = {'a': 1}
d['b'] = 2
d['a'] += 5
print(d, d.get('c'), d.get('c', 0), 'a' in d, len(d))
print([k for k in d], sorted(d.values()), list(d.items()))
del d['a']
print(d.pop('b'), d, {n: n * n for n in range(3)})";
    let said = "{'a': 6, 'b': 2} None 0 True 2\n['a', 'b'] [2, 6] [('a', 6), ('b', 2)]\n\
        2 {} {0: 0, 1: 1, 2: 4}\n";
    assert_eq!(printed(lines), said);
    assert_eq!(failure("{}['x']"), "KeyError: 'x'");
    assert_eq!(failure("{}[3]"), "KeyError: 3");
    assert_eq!(failure("d = {}\nd[[]] = 1"), "TypeError: unhashable type: 'list'");
    assert!(complaint("print({}.keys())").contains("write `list(..)` around it"));
}

#[test]
fn a_set_is_printed_if_python_has_its_order() {
    assert_eq!(printed("print(set(), {'a'}, {3, 1, 2, 1})"), "set() {'a'} {1, 2, 3}\n");
    let reason = "the items of this set may stand in any order on Python";
    assert!(failure("print({'a', 'b'})").contains(reason));
    assert!(failure("for x in {'a', 'b'}:\n    print(x)").contains(reason));
    assert_eq!(printed("print(sorted({'b', 'a'}), len({'a', 'b'}))"), "['a', 'b'] 2\n");
}

#[test]
fn what_is_no_list_yet_is_refused_where_it_would_be_printed() {
    assert_eq!(complaint("print(range(3))"), "`range(..)` is no list yet: write `list(range(..))`");
    assert!(complaint("print(zip([1], [2]))").contains("write `list(zip(..))`"));
    assert!(complaint("print(enumerate([1]))").contains("write `list(enumerate(..))`"));
    assert_eq!(printed("print(list(range(3)), list(zip([1], [2])))"), "[0, 1, 2] [(1, 2)]\n");
}

#[test]
fn a_loop_is_left_and_gone_on_with() {
    let known = "for i in range(9):
    if i == 1:
        continue
    if i > await work(2):
        break
    print(i)
print('then', i)";
    assert_eq!(printed(known), "0\n2\nthen 3\n");
    let of_run = "a = [1, 2, 3]\na.append(4)\nwhile a:\n    x = a.pop()\n    if x % 2:\n        \
        continue\n    for y in a:\n        if y == 2:\n            break\n        print(x, y)";
    assert_eq!(printed(of_run), "4 1\n2 1\n");
    assert_eq!(complaint("break"), "`break` stands in a loop only: take it away");
}

#[test]
fn a_function_within_another_finds_the_names_around_it() {
    let lines = "count = 0
def bump(by=1):
    nonlocal count
    count += by
    return count
async def show():
    print('now', count)
bump()
bump(5)
await show()
print(sorted([3, -4, 1], key=lambda n: n * n), max(['a', 'bbb'], key=len))";
    assert_eq!(printed(lines), "now 6\n[1, 3, -4] bbb\n");
}

#[test]
fn a_name_of_the_whole_program_can_be_assigned_to() {
    let text = "import asyncio\nruns = 0\nasync def step():\n    global runs\n    runs += 1\n\
        async def main():\n    await asyncio.gather(step(), step())\n    print(runs)\n\
        asyncio.run(main())\n";
    assert_eq!(run_text(text), "2\n");
}

#[test]
fn an_else_is_taken_as_in_python() {
    let tried = |body: &str| {
        let lines = format!(
            "try:\n    {body}\nexcept ValueError:\n    print('caught')\nelse:\n    print('else')\n\
            finally:\n    print('last')"
        );
        printed(&lines)
    };
    assert_eq!(tried("pass"), "else\nlast\n");
    assert_eq!(tried("raise ValueError"), "caught\nlast\n");
    let looped = |test: &str| {
        let lines = format!(
            "for i in range(3):\n    if i == await work({test}):\n        break\nelse:\n    \
            print('all')\nprint(i)"
        );
        printed(&lines)
    };
    assert_eq!(looped("1"), "1\n");
    assert_eq!(looped("9"), "all\n2\n");
}

#[test]
fn a_line_is_printed_in_parts() {
    assert_eq!(
        printed("print(1, end=' ')\nprint(2, 3, sep='-')\nprint(*[4, 5], 6, end='!')"),
        "1 2-3\n4 5 6!"
    );
}

#[test]
fn a_form_is_that_of_python() {
    let lines = "n = await work(1234567)
x = await work(0.256)
print(f'{n:,} {n:>10} {n:010d} {x:.1%} {255:x} {-5:+d} {x:8.2f}|{\"ab\":*^6}|{True:d}')";
    assert_eq!(printed(lines), "1,234,567    1234567 0001234567 25.6% ff -5     0.26|**ab**|1\n");
    assert_eq!(
        failure("print(f'{await work(1.5):d}')"),
        "ValueError: Unknown format code 'd' for object of type 'float'"
    );
}

#[test]
fn a_sleep_takes_the_time_that_the_run_knows() {
    let lines = "delay = 0.25
while delay < 2:
    await asyncio.sleep(delay)
    delay *= 2
t = asyncio.create_task(asyncio.sleep(await work(1)))
await asyncio.sleep(0.5)
print(t.done(), delay)";
    assert_eq!(printed(lines), "False 2.0\n");
    assert!(failure("await asyncio.sleep(await work(0.0001))").contains("round the time"));
}

#[test]
fn names_of_a_module_are_taken_as_they_are() {
    let text = "from asyncio import run, sleep, gather as both\nimport asyncio\nx = y = 1\n\
        async def main():\n    await both(sleep(1), sleep(2))\n    n: int = 3\n    print(x, y, n)\n\
        asyncio.run(main())\n";
    assert_eq!(run_text(text), "1 1 3\n");
}

#[test]
fn tasks_are_made_in_any_loop() {
    let lines = "async def show(n, by):
    for i in range(2):
        await asyncio.sleep(n * by)
        n += 1
    return n
names = [1, 2]
if await work(1):
    names.append(3)
tasks = []
for n in names:
    tasks.append(asyncio.create_task(show(n, 0.5)))
print(await asyncio.gather(*tasks))
print(await asyncio.gather(*[show(n, 1) for n in names if n > 1]))
n = 0
while n < 2:
    n += 1
    tasks.append(asyncio.create_task(show(n, 1)))
print([await t for t in tasks])";
    assert_eq!(printed(lines), "[3, 4, 5]\n[4, 5]\n[3, 4, 5, 3, 4]\n");
}

#[test]
fn a_coroutine_is_no_item_of_a_list_that_only_the_run_knows() {
    let said = complaint(
        "names = [1]\nif await work():\n    names.append(2)\n\
        coros = [work(n) for n in names]",
    );
    assert!(
        said.starts_with("only the run knows the items of this list, and `work(..)`"),
        "{said}"
    );
}

#[test]
fn what_python_makes_once_is_refused() {
    let once = "one can go through this only once in Python";
    assert!(complaint("z = zip([1], [2])\nprint(list(z), list(z))").starts_with(once));
    assert!(complaint("g = (n for n in [1])\nprint(list(g), list(g))").starts_with(once));
    let default = "def add(n, to=[]):\n    to.append(n)\n    return to\nprint(add(1), add(2))";
    assert!(complaint(default).starts_with("Python makes this default once, for all calls"));
    let called = "a = [1, 0]\na[a.pop()] += 1";
    assert!(complaint(called).starts_with("this is called once in Python"));
    assert_eq!(printed("print(sum(n for n in [1, 2]), sorted((n for n in [2, 1])))"), "3 [1, 2]\n");
}

#[test]
fn a_name_that_a_function_assigns_to_is_its_own() {
    let said = "`total` has no value here: assign one before, or, if a name around this function is \
        meant, write `global total` or `nonlocal total`";
    assert_eq!(complaint("total = 0\ndef add(n):\n    total += n\nadd(1)"), said);
    let global =
        "total = 0\nimport asyncio\nasync def main():\n    total += 1\nasyncio.run(main())";
    assert_eq!(check(global).unwrap_err().split_once(": ").unwrap().1, said);
}

#[test]
fn a_text_is_filled_by_an_f_only() {
    assert!(complaint("print('%d' % 3)").starts_with("`%` fills no text here"));
    assert!(complaint("print('{}'.format(3))").contains("write a text with `f`"));
    assert_eq!(printed("print('a-b-c'.replace('-', '+', 1), 'x'.center(4, '*'))"), "a+b-c *x**\n");
}

#[test]
fn an_exit_has_a_code() {
    let exit = |lines: &str| run(&program(lines)).unwrap().exit;
    assert_eq!(exit("raise SystemExit(3)"), Some(3));
    assert_eq!(exit("raise SystemExit"), Some(0));
    assert_eq!(exit("pass"), None);
    assert_eq!(failure("raise SystemExit('bye')"), "bye");
}

#[test]
fn the_name_of_an_error_is_gone_behind_its_handler() {
    let lines = "try:\n    raise ValueError\nexcept ValueError as e:\n    pass\nprint(e)";
    assert!(complaint(lines).starts_with("there is no name `e` here"));
    assert!(complaint(&format!("e = 1\n{lines}")).starts_with("Python forgets `e` behind"));
}

#[test]
fn what_an_assert_says_is_raised() {
    assert_eq!(failure("assert 1 == 2, 'no'"), "AssertionError: no");
    assert_eq!(printed("assert 1 == 1\nprint([x for a in [[1], [2]] for x in a])"), "[1, 2]\n");
}

#[test]
fn an_error_shows_what_it_was_given() {
    assert_eq!(
        printed(
            "print(repr(RuntimeError(5)), repr(ValueError('a', 1)), KeyError(3), ValueError('x'))"
        ),
        "RuntimeError(5) ValueError('a', 1) 3 x\n"
    );
    assert_eq!(printed("print(-0.0, 0.0 * -1, -5, -True)"), "-0.0 -0.0 -5 -1\n");
}

#[test]
fn what_only_the_run_knows_is_kept_there_or_refused() {
    let cut =
        "a = []\ntry:\n    await work()\n    a.append(1)\nexcept ValueError:\n    pass\nprint(a)";
    assert_eq!(printed(cut), "[1]\n");
    let either = "if await work() == 1:\n    c = work(1)\nelse:\n    c = work(2)\nprint(await c)";
    assert!(complaint(either).starts_with("`c` has no value here"));
    assert!(complaint("c = work()\nawait c\nawait c").starts_with("`c` has no value here"));
}

#[test]
fn a_text_shows_expressions() {
    assert_eq!(
        printed("n = 3\nprint(f'{n} {n + 1} {n / 7:.2f} {n!r} {n=} {{}}')"),
        "3 4 0.43 3 n=3 {}\n"
    );
    assert_eq!(
        printed("n = 2.5\nprint(f'[{n:>4}] [{n:<5}] [{n:^5}] [{n:6.1f}]')"),
        "[ 2.5] [2.5  ] [ 2.5 ] [   2.5]\n"
    );
}

#[test]
fn the_run_keeps_results() {
    assert_eq!(
        printed("a = await work(20)\nb = await work(a + 1)\nprint(a, b, a + b)"),
        "20 21 41\n"
    );
    assert_eq!(printed("print(await asyncio.gather(work(1), work(2)))"), "[1, 2]\n");
    assert_eq!(printed("a, b = await asyncio.gather(work(1), work(2))\nprint(b, a)"), "2 1\n");
}

#[test]
fn a_name_has_the_value_that_was_assigned_last() {
    let lines = "state = 'new'
try:
    state = 'begun'
    await asyncio.wait_for(asyncio.sleep(9), 1)
    state = 'done'
except TimeoutError:
    state += ', late'
print(state)
for i in range(3):
    if await work(i) == 1:
        state = i
print(state)";
    assert_eq!(printed(lines), "begun, late\n1\n");
}

#[test]
fn a_handler_takes_what_its_classes_say() {
    let caught = |error: &str, classes: &str| {
        let lines = format!(
            "try:\n    raise {error}\nexcept {classes} as e:\n    print(type(e).__name__, e)\n\
            except Exception:\n    print('other')"
        );
        printed(&lines)
    };
    assert_eq!(caught("ValueError('oh')", "ValueError"), "ValueError oh\n");
    assert_eq!(caught("KeyError('k')", "LookupError"), "KeyError 'k'\n");
    assert_eq!(caught("ValueError('oh')", "(TypeError, KeyError)"), "other\n");
    assert_eq!(caught("TimeoutError('t')", "OSError"), "TimeoutError t\n");
    assert_eq!(caught("TimeoutError", "asyncio.TimeoutError"), "TimeoutError \n");
}

#[test]
fn an_error_that_nobody_catches_is_told_as_python_does() {
    assert_eq!(failure("raise ValueError('oh')"), "ValueError: oh");
    assert_eq!(failure("raise ValueError"), "ValueError");
    assert_eq!(
        failure("task = asyncio.current_task()\ntask.cancel()\nawait asyncio.sleep(1)"),
        "asyncio.exceptions.CancelledError"
    );
    assert_eq!(
        failure("async with asyncio.TaskGroup() as tg:\n    raise ValueError('oh')"),
        "ExceptionGroup: unhandled errors in a TaskGroup (1 sub-exception)"
    );
    assert_eq!(
        failure("print(await work(1) / await work(0))"),
        "ZeroDivisionError: division by zero"
    );
}

#[test]
fn what_fails_in_the_run_can_be_caught() {
    let caught =
        |value: &str| printed(&format!("try:\n    {value}\nexcept Exception as e:\n    print(e)"));
    assert_eq!(caught("1 / 0"), "division by zero\n");
    assert_eq!(caught("'1' + 1"), "can only concatenate str (not \"int\") to str\n");
    assert_eq!(caught("asyncio.create_task(work()).result()"), "Result is not set.\n");
}

// Runs that don't end.

#[test]
fn a_program_without_end_is_given_up() {
    let reason = "it hasn't ended after 100000 steps";
    let in_line = |line: u32| format!("the program is given up in line {line}: {reason}");
    assert_eq!(failure("while True:\n    pass"), in_line(6));
    assert_eq!(failure("x = 1\nwhile True:\n    await asyncio.sleep(1)"), in_line(8));
    assert_eq!(
        failure("while True:\n    try:\n        pass\n    except Exception:\n        pass"),
        in_line(6)
    );
}

#[test]
fn a_value_without_end_is_given_up() {
    let given_up = |lines: &str| {
        let said = failure(lines);
        let (place, reason) = said.split_once(": ").expect("it has a reason");
        assert!(place.starts_with("the program is given up in line "), "{said}");
        reason.to_owned()
    };
    let grown =
        |first: &str, next: &str| given_up(&format!("x = {first}\nwhile True:\n    {next}"));
    let text = "a text gets longer than 100000 signs";
    assert_eq!(grown("str(await work())", "x = x + x"), text);
    assert_eq!(grown("str(await work())", "x = f'{x}!{x}'"), text);
    assert_eq!(given_up("x = 'x' * 1_000_000_000_000\nprint(x)"), text);
    assert_eq!(given_up("x = 'x' * await work(1_000_000_000_000)"), text);
    let list = "a list gets more than 10000 items";
    assert_eq!(grown("[await work()]", "x = x + x"), list);
    assert_eq!(grown("[await work()]", "x = [x, x]"), list);
    assert_eq!(grown("await asyncio.gather(work())", "x.append(1)"), list);
    assert_eq!(grown("[await work()]", "x = [x]"), "more than 50 lists stand within each other");
    assert_eq!(
        grown("'x' * await work(90_000)", "print(x)"),
        "it prints and returns more than 10000000 signs"
    );
    assert_eq!(
        grown("sorted(range(9_000))", "x = sorted(x)"),
        "its lists have had 20000000 items, one after the other"
    );
}

#[test]
fn what_cleans_up_without_end_is_given_up() {
    let lines = "async def stubborn():
    while True:
        try:
            await asyncio.sleep(9)
        except asyncio.CancelledError:
            pass
task = asyncio.create_task(stubborn())
await asyncio.sleep(1)";
    assert!(failure(lines).starts_with("the program is given up in line "));
}

#[test]
fn a_program_that_gets_too_long_when_written_out_is_refused() {
    let nested = "for a in range(9999):\n    for b in range(9999):\n        pass";
    assert!(complaint(nested).starts_with("the program gets too long: "));
    let calls = "for i in range(30_000):\n    await work(i)";
    assert!(complaint(calls).starts_with("the program gets too long: "));
    let doubled = ["x = [x, x]"; 60].join("\n");
    assert!(complaint(&format!("x = 1\n{doubled}")).starts_with("the program gets too long: "));
}

#[test]
fn a_program_that_waits_for_nothing_says_so() {
    assert_eq!(
        failure("await asyncio.get_running_loop().create_future()"),
        "the program waits for ever: nothing is left that could wake it"
    );
}

/// Returns the steps of the recording of a `main` of these lines.
fn recorded(lines: &str) -> String {
    record(&program(lines)).expect("it makes sense").recording.to_json_lines()
}

#[test]
fn a_recording_says_of_a_gather_that_has_a_gather_in_it_for_which_tasks_it_waits() {
    let work = "work = [asyncio.create_task(asyncio.sleep(n), name=f't{n}') for n in (1, 2, 3)]";
    let lines =
        "inner = asyncio.gather(work[0], work[1])\nawait asyncio.gather(inner, work[2], inner)";
    let steps = recorded(&format!("{work}\n{lines}"));
    let what = r#""what":"future `_GatheringFuture`, a gather of 3""#;
    assert_eq!(steps.matches(what).count(), 1, "{steps}");
    assert_eq!(steps.matches(r#""ev":"member""#).count(), 3, "{steps}");
}

#[test]
fn a_recording_has_no_lines_but_those_of_the_program() {
    let lines = "task = asyncio.create_task(asyncio.sleep(1))
other = asyncio.create_task(asyncio.wait_for(asyncio.sleep(1), 2))
await asyncio.gather(asyncio.sleep(2), asyncio.wait_for(task, None), other)";
    let steps = recorded(lines);
    assert!(!steps.contains(".rs"), "{steps}");
    assert!(steps.contains(r#""on":{"timer":"0"},"t":0,"at":"program.py:6:5""#), "{steps}");
}

#[test]
fn the_recording_of_a_program_that_waits_for_ever_says_so_before_main_is_cancelled() {
    let steps = recorded("await asyncio.get_running_loop().create_future()");
    let remark = steps.find("nothing is left that could wake main").expect("it is remarked");
    assert!(remark < steps.find(r#""ev":"cancel""#).expect("the run ends it"));
    assert!(!recorded("await asyncio.sleep(1)").contains(r#""ev":"note""#));
}

#[test]
fn what_asyncio_run_does_at_the_end_of_main_has_its_line_and_functions_that_say_whose_they_are() {
    let steps = recorded("task = asyncio.create_task(asyncio.sleep(9))\nawait asyncio.sleep(1)");
    let run = r#""ev":"reach","task":null,"at":"program.py:8:1""#;
    assert_eq!(steps.matches(run).count(), 2);
    assert!(steps.rfind(run) > steps.find(r#""ev":"done""#), "main has ended");
    assert!(steps.rfind(run) < steps.find(r#""ev":"cancel""#));
    let called = steps.lines().filter(|it| it.contains(r#""function":"#));
    assert!(called.inspect(|it| assert!(it.contains("asyncio_run::"), "{it}")).count() > 3);
}

// Mistakes.

#[test]
fn a_complaint_has_line_and_column() {
    let said = check(&program("x = 1\ntime.sleep(1)")).unwrap_err();
    assert_eq!(said, "line 7, column 5: `time` isn't imported: write `import time` at the top");
}

#[test]
fn a_missing_await_is_named() {
    assert_eq!(
        complaint("work(1)"),
        "`work(..)` only makes a coroutine, which is not awaited: write `await work(..)`"
    );
    assert_eq!(
        complaint("asyncio.sleep(1)"),
        "`asyncio.sleep(..)` only makes a coroutine, which is not awaited: \
        write `await asyncio.sleep(..)`"
    );
    assert_eq!(complaint("print(work(1))"), complaint("work(1)"));
    assert_eq!(complaint("x = work(1) + 1"), complaint("work(1)"));
}

#[test]
fn a_missing_call_is_named() {
    assert_eq!(complaint("work"), "`work` is a function, which is not called: write `work(..)`");
    assert_eq!(
        complaint("await work"),
        "`work` is a function, which is not called: write `await work(..)`"
    );
    assert_eq!(complaint("asyncio.create_task(work)"), "`work` is not called: write `work(..)`");
}

#[test]
fn a_missing_async_is_named() {
    let said = check(
        "import asyncio\ndef main():\n    await asyncio.sleep(1)\n\
        asyncio.run(main())\n",
    );
    assert_eq!(
        said.unwrap_err(),
        "line 3, column 5: `main` isn't `async`: write `async def main(..):` to wait in it"
    );
    assert_eq!(
        complaint("with asyncio.timeout(1):\n    pass"),
        "`async` is missing: write `async with ..:`"
    );
    assert_eq!(
        complaint("def plain():\n    return 1\nawait plain()"),
        "`plain` is not `async`, so there is nothing to await: write `async def plain(..):`, \
        or take `await` away"
    );
}

#[test]
fn a_missing_colon_is_named() {
    assert_eq!(
        complaint("if True\n    pass"),
        "the end of the line stands here: a `:` is missing: write `if ..:` with a `:` at its end"
    );
    assert_eq!(
        complaint("for i in range(3) print(i)"),
        "`print` stands here: a `:` is missing: write `for .. in ..:` with a `:` at its end"
    );
}

#[test]
fn indentation_is_looked_at() {
    assert_eq!(
        complaint("if True:\npass"),
        "the body of `if ..:` is missing: indent the lines that belong to it by four blanks"
    );
    assert_eq!(
        complaint("x = 1\n  y = 2"),
        "this line is indented, but no block begins before it: take the blanks away, \
        or end the line above with `:`"
    );
    assert_eq!(
        complaint("if True:\n        x = 1\n      y = 2"),
        "this line is indented like no block above it: give it the indentation of the lines \
        that it belongs to"
    );
    assert_eq!(
        complaint("if True:\n\tx = 1"),
        "tabs and blanks are mixed in the indentation: use four blanks for each level"
    );
}

#[test]
fn an_unknown_name_is_named_and_the_likely_one_too() {
    assert_eq!(
        complaint("result = 1\nprint(resutl)"),
        "there is no name `resutl` here: is `result` meant?"
    );
    assert_eq!(complaint("prnt(1)"), "there is no name `prnt` here: is `print` meant?");
    assert_eq!(
        complaint("print(quantity)"),
        "there is no name `quantity` here: assign a value to it before, or correct it"
    );
}

#[test]
fn the_name_of_another_function_is_told_from_an_unknown_one() {
    let text = "import asyncio\nasync def child():\n    results.append(1)\nasync def main():\n    \
        results = []\n    await child()\nasyncio.run(main())\n";
    let said = check(text).unwrap_err();
    assert_eq!(
        said.split_once(": ").unwrap().1,
        "`results` has no value here: assign one before, or, if it is the name of another \
        function, pass it as an argument"
    );
}

#[test]
fn a_program_has_to_be_started() {
    let start = |last: &str| check(&format!("import asyncio\nasync def main():\n    pass\n{last}"));
    assert_eq!(
        start("").unwrap_err(),
        "line 3, column 1: nothing starts the program: write `asyncio.run(main())` as its last \
        line"
    );
    assert_eq!(
        start("main()\n").unwrap_err(),
        "line 4, column 1: `main(..)` only makes a coroutine: write `asyncio.run(main(..))`"
    );
    assert_eq!(
        start("await main()\n").unwrap_err(),
        "line 4, column 1: `await` stands in an `async def` only: write `asyncio.run(main())` \
        here"
    );
    assert_eq!(
        start("asyncio.run(main)\n").unwrap_err(),
        "line 4, column 13: `main` is not called: write `main()`"
    );
    assert!(start("if __name__ == '__main__':\n    asyncio.run(main())\n").is_ok());
}

#[test]
fn asyncio_has_to_be_imported() {
    let said = check("async def main():\n    pass\nasyncio.run(main())\n").unwrap_err();
    assert_eq!(
        said,
        "line 3, column 1: `asyncio` isn't imported: write `import asyncio` at the top"
    );
}

#[test]
fn what_takes_a_list_and_what_takes_tasks_is_told_apart() {
    assert_eq!(
        complaint("await asyncio.gather([work(1)])"),
        "`gather` takes tasks one by one, not a list: write `*` before the list"
    );
    assert_eq!(
        complaint("await asyncio.wait([work(1)])"),
        "`wait` takes tasks, not coroutines: make each by `asyncio.create_task(..)`"
    );
    assert_eq!(
        complaint("t = asyncio.create_task(work(1))\nawait asyncio.wait(t)"),
        "`wait` takes a list: write `asyncio.wait([task])`"
    );
    assert_eq!(
        complaint("t = asyncio.create_task(work(1))\nawait [t]"),
        "`await` takes one thing, not a list: write `await asyncio.gather(*tasks)`"
    );
}

#[test]
fn what_cannot_be_said_is_refused_with_a_remedy() {
    for (lines, remedy) in [
        ("class A:\n    pass", "use functions"),
        ("from asyncio import slep", "put the `import` at the top of the program"),
        ("q = asyncio.Queue()", "let a task return its value"),
        ("async for x in y:\n    pass", "take `async` away"),
        ("try:\n    pass\nexcept* ValueError:\n    pass", "look at `group.exceptions`"),
        ("for x in asyncio.as_completed([]):\n    pass", "return_when=asyncio.FIRST_COMPLETED"),
        ("x = input()", "a program only sleeps and prints"),
        ("await asyncio.sleep(0.0001)", "round the time"),
    ] {
        let said = complaint(lines);
        assert!(said.contains(remedy), "{lines}: {said}");
    }
}

/// The rows of the page's table of what is refused: a statement, and the remedy.
fn refused_by_the_page() -> Vec<(&'static str, &'static str)> {
    let page = include_str!("../src/python.md");
    let (_, table) = page.split_once("| refused | remedy |\n|---|---|\n").expect("it has one");
    let rows = table.lines().take_while(|line| line.starts_with('|'));
    let cells = rows.map(|row| row.trim_matches(['|', ' ']).split_once(" | ").expect("two cells"));
    cells.map(|(statement, remedy)| (statement.trim_matches('`'), remedy)).collect()
}

#[test]
fn what_the_page_says_is_refused_is_refused_in_its_line_with_its_remedy() {
    let rows = refused_by_the_page();
    assert!(rows.len() > 20);
    for (statement, remedy) in rows {
        let said = check(&program(statement)).expect_err(statement);
        assert!(said.starts_with("line 6, column "), "{statement}: {said}");
        assert!(said.contains(remedy), "{statement}: {said}");
    }
}

#[test]
fn a_coroutine_of_asyncio_is_awaited_once_too() {
    let lines = "pause = asyncio.sleep(1)\nawait pause\nawait pause";
    assert!(complaint(lines).starts_with("`pause` has no value here"));
    assert_eq!(printed("pause = asyncio.sleep(1)\nprint(await pause)"), "None\n");
}

#[test]
fn what_one_can_only_go_through_is_named_as_it_is_called() {
    assert_eq!(
        complaint("print({1: 2}.keys())"),
        "`keys(..)` is no list yet: write `list(..)` around it"
    );
}

#[test]
fn what_is_no_part_of_the_language_is_named() {
    for (lines, name, remedy) in [
        ("class A:\n    pass", "class", "use functions, and the errors that Python has"),
        ("match 1:\n    case 1:\n        pass", "match", "write `if ..:` and `elif ..:`"),
        ("yield 1", "yield", "return a list"),
        ("@work\ndef f():\n    pass", "@", "call the function that you mean"),
        ("if (x := 1):\n    pass", ":=", "assign on a line of its own"),
        ("x = True && False", "&", "write `and`, or `one.intersection(other)` for sets"),
        ("x = !True", "!", "write `not`, or `!=` to compare"),
        ("x = true", "true", "write `True`"),
        ("let x = 1", "let", "write `name = ..`"),
        ("x = asyncio.Queue()", "asyncio.Queue", "let a task return its value, and await it"),
    ] {
        assert_eq!(complaint(lines), format!("`{name}` isn't part of this language: {remedy}"));
    }
}

#[test]
fn a_misspelt_word_is_named_and_the_likely_one_too() {
    for (lines, said) in [
        ("awiat asyncio.sleep(1)", "`awiat` is no word here: is `await` meant?"),
        ("asnyc def f():\n    pass", "`asnyc` is no word here: is `async` meant?"),
        ("whlie True:\n    pass", "`whlie` is no word here: is `while` meant?"),
        ("print 'x'", "`print` needs brackets: write `print(..)`"),
        (
            "if n:\n    pass\nelse if n:\n    pass",
            "`else if` is one word in Python: write `elif ..:`",
        ),
        ("await asyncio.slep(1)", "there is no `asyncio.slep`: is `asyncio.sleep` meant?"),
        (
            "x = FIRST_COMPLETED",
            "there is no name `FIRST_COMPLETED` here: write `asyncio.FIRST_COMPLETED`",
        ),
        ("raise ValeError('x')", "there is no name `ValeError` here: is `ValueError` meant?"),
        (
            "t = asyncio.create_task(work())\nt.cancle()",
            "a task has no method `cancle`: is `cancel` meant?",
        ),
        (
            "await asyncio.wait_for(work(), timout=1)",
            "`asyncio.wait_for` has no argument `timout` here: is `timeout` meant?",
        ),
        (
            "await asyncio.gather(work(), return_exception=True)",
            "`asyncio.gather` has no argument `return_exception` here: is `return_exceptions` meant?",
        ),
        ("await await work()", "one `await` is enough: take the second away"),
    ] {
        assert_eq!(complaint(&format!("n = 1\n{lines}")), said);
    }
}

#[test]
fn what_blocks_the_loop_is_refused() {
    let said = check(
        "import asyncio\nimport time\nasync def main():\n    time.sleep(1)\n\
        asyncio.run(main())\n",
    );
    assert_eq!(
        said.unwrap_err(),
        "line 4, column 5: `time.sleep` blocks the loop, and all tasks with it: \
        write `await asyncio.sleep(..)`"
    );
}

#[test]
fn a_function_that_calls_itself_without_end_is_refused() {
    let said = check("import asyncio\nasync def main():\n    await main()\nasyncio.run(main())\n");
    assert!(said.unwrap_err().contains("must end soon"));
}

// Any text.

fn examples() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|it| it == "py"));
    paths.sort();
    paths.iter().map(|path| fs::read_to_string(path).unwrap()).collect()
}

/// Words and signs that a mutation puts in.
const PIECES: [&str; 30] = [
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ":",
    ",",
    ".",
    "\n",
    "\n    ",
    "\t",
    "'",
    "\"",
    "f\"{",
    "await ",
    "async ",
    "not ",
    "-",
    "*",
    "=",
    "==",
    "0",
    "1e999",
    "9999999999999999999",
    "é",
    "\\",
    "#",
    " for i in range(9) ",
    " if x else ",
];

/// Changes a program in a few places.
fn mutated(text: &str, random: &mut Random) -> String {
    let mut text = text.to_owned();
    for _ in 0..=random.below(4) {
        text = match random.below(6) {
            0 | 1 => with_other_signs(&text, random),
            2 => with_other_lines(&text, random),
            3 | 4 => with_other_words(&text, random),
            _ => nested(&text, random),
        };
    }
    text
}

/// Takes a few signs out, doubles them, or puts in others.
fn with_other_signs(text: &str, random: &mut Random) -> String {
    let mut signs: Vec<char> = text.chars().collect();
    let begin = random.below(signs.len());
    let end = (begin + 1 + random.below(12)).min(signs.len());
    let piece: Vec<char> = match random.below(5) {
        0 => Vec::new(),
        1 => signs[begin..end].repeat(2),
        2 => random.pick(&PIECES).chars().collect(),
        3 => char::from_u32(1 << random.below(17)).into_iter().collect(),
        _ => {
            let from = random.below(signs.len());
            signs[from..(from + 9).min(signs.len())].to_vec()
        }
    };
    signs.splice(begin..end.max(begin), piece);
    signs.into_iter().collect()
}

/// Cuts a line out, doubles it, exchanges it, or indents it otherwise.
fn with_other_lines(text: &str, random: &mut Random) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    if lines.is_empty() {
        return String::new();
    }
    let (one, other) = (random.below(lines.len()), random.below(lines.len()));
    match random.below(5) {
        0 => drop(lines.remove(one)),
        1 => lines.insert(one, lines[other].clone()),
        2 => lines.swap(one, other),
        3 => lines[one] = format!("    {}", lines[one]),
        _ => lines[one] = lines[one].trim_start().to_owned() + "  ",
    }
    lines.join("\n")
}

/// Puts a word or a number of the program in the place of another.
fn with_other_words(text: &str, random: &mut Random) -> String {
    let is_other = |sign: char| !sign.is_alphanumeric() && sign != '_';
    let words: Vec<&str> = text.split(is_other).filter(|word| !word.is_empty()).collect();
    if words.is_empty() {
        return text.to_owned();
    }
    let (one, other) = (words[random.below(words.len())], words[random.below(words.len())]);
    let places: Vec<_> = text.match_indices(one).collect();
    let (place, _) = places[random.below(places.len())];
    format!("{}{other}{}", &text[..place], &text[place + one.len()..])
}

/// Puts a number or a line deep into brackets or blocks.
fn nested(text: &str, random: &mut Random) -> String {
    let depth = 1 << random.below(8);
    let Some((before, after)) = text.split_once(|sign: char| sign.is_ascii_digit()) else {
        return text.to_owned();
    };
    let (open, close) = [("(", ")"), ("[", "]"), ("str(", ")"), ("-", "")][random.below(4)];
    format!("{before}{}1{}{after}", open.repeat(depth), close.repeat(depth))
}

/// Each is run, or refused with a place.
#[test]
fn no_text_makes_it_panic() {
    let seed = env::var("SEED").ok().and_then(|it| it.parse().ok()).unwrap_or(0x5EED);
    let (examples, mut random) = (examples(), Random::new(seed));
    let cases = env::var("PROGRAMS").ok().and_then(|it| it.parse().ok()).unwrap_or(2_000);
    let (mut good, mut refused) = (0, 0);
    for round in 0..cases {
        let text = mutated(&examples[round % examples.len()], &mut random);
        let _all = (knobs(&text), to_rust(&text));
        match run(&text) {
            Ok(_) => good += 1,
            Err(said) => {
                assert!(said.starts_with("line ") && said.contains(", column "), "{said}");
                refused += 1;
            }
        }
    }
    assert!(good > cases / 20 && refused > cases / 4, "{good} are good, {refused} refused");
}

#[test]
fn what_is_nested_deep_is_refused_without_a_panic() {
    for (open, close) in [("(", ")"), ("[", "]"), ("-", ""), ("not ", ""), ("work(", ")")] {
        let value = format!("{}1{}", open.repeat(5_000), close.repeat(5_000));
        assert!(check(&program(&format!("x = {value}"))).is_err(), "{open}");
    }
    assert!(check(&program(&format!("x = 1{}", " + 1".repeat(10_000)))).is_err());
    assert!(check(&program(&format!("x = work{}", "()".repeat(10_000)))).is_err());
    let blocks: Vec<_> = (0..500).map(|depth| format!("{}if True:", "  ".repeat(depth))).collect();
    assert!(check(&program(&blocks.join("\n"))).is_err());
    assert!(check(&"if x:\n".repeat(100_000)).is_err());
}

// As JSON.

#[test]
fn a_program_is_a_scenario_that_json_says() {
    for text in examples() {
        let json = to_json(&text).unwrap();
        assert_eq!(scenario::run(&json, false), Ok(run(&text).unwrap().log), "{json}");
    }
}

#[test]
fn a_plain_program_is_a_plain_scenario() {
    let lines = "t = asyncio.create_task(work(7))\nawait t\nprint('done')";
    let json: serde_json::Value = serde_json::from_str(&to_json(&program(lines)).unwrap()).unwrap();
    let scenario = serde_json::json!({
        "main": "main",
        "most_steps": 100_000,
        "from_python": true,
        "coros": {
            "main": [
                {"op": "spawn", "coro": "work", "as": "work(7)"},
                {"op": "await", "task": "work(7)"},
                {"op": "log", "text": "done"},
            ],
            "work": [{"op": "return", "value": 7}],
        },
    });
    assert_eq!(json, scenario);
}

#[test]
fn a_task_is_named_as_its_call_is_written() {
    let name_of = |call: &str| {
        let text = format!(
            "import asyncio\n\nasync def child(name=None, time=1, fails=False):\n    return name\n\
            async def main():\n    made = await child('made')\n    t = asyncio.create_task({call})\n\
            asyncio.run(main())\n"
        );
        let json: serde_json::Value = serde_json::from_str(&to_json(&text).unwrap()).unwrap();
        let mut steps = json["coros"]["main"].as_array().unwrap().iter();
        steps.find(|it| it["op"] == "spawn").unwrap()["as"].as_str().unwrap().to_owned()
    };
    let names = [
        ("child()", "child"),
        ("child(2)", "child(2)"),
        ("child('d')", "child('d')"),
        ("child('e', 9)", "child('e', 9)"),
        ("child('d', 0.05, fails=True)", "child('d', ..)"),
        ("child(fails=True)", "child(None, ..)"),
        ("child('a long name')", "child"),
        ("child(made)", "child"),
        ("child(3, time=1, fails=False)", "child(3)"),
    ];
    for (call, name) in names {
        assert_eq!(name_of(call), name);
    }
}

/// The deepest that is taken runs in a thread with the usual stack.
#[test]
fn calls_that_stand_deep_in_each_other_run() {
    let blocks = "async def down(n):
    if n > 0:
        try:
            async with asyncio.timeout(9):
                await down(n - 1)
        finally:
            print(n)
    else:
        await asyncio.sleep(1)
";
    let values = "async def down(n):
    return n + (1 + (2 + await down(n - 1))) if n > 0 else 0
";
    let gathered = "async def down(n):
    for i in range(1):
        print(await asyncio.gather(*[down(n - 1) for i in range(1) if n > 0]))
";
    for function in [blocks, values, gathered] {
        let nested = |n: u32| format!("import asyncio\n{function}asyncio.run(down({n}))\n");
        let deepest = (1..100_u32).take_while(|n| check(&nested(*n)).is_ok()).last().unwrap_or(0);
        assert!(deepest >= 5, "{deepest}: {function}");
        assert_eq!(run(&nested(deepest)).unwrap().failure, None);
    }
}

// JSON that makes no sense.

#[test]
fn an_expression_is_refused_unless_it_makes_sense() {
    let refusal = |value: &str| {
        let file = r#"{"coros": {"main": [{"op": "let", "as": "x", "value": VALUE}]}}"#;
        scenario::run(&file.replace("VALUE", value), false).unwrap_err()
    };
    let place = "coros.main[0].value";
    assert_eq!(
        refusal(r#"{"call": "cube", "of": [1]}"#),
        format!("{place}.call: there is no such function; give one that is listed")
    );
    assert_eq!(
        refusal(r#"{"call": "+", "of": [1]}"#),
        format!("{place}.of: this function takes 2 values at least; give no more than 2")
    );
    assert_eq!(
        refusal(r#"{"call": "caught", "of": []}"#),
        format!("{place}: there is no error that was caught; put it into a catch body")
    );
    assert_eq!(
        refusal("[1]"),
        format!("{place}: this is a list; give a value, or an object with \"name\" or \"call\"")
    );
}
