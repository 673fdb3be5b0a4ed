//! Programs that are written in Rust: the text of each.
//!
//! All lessons are in `rust/lessons.rs`, word for word; `UPDATE=1` writes that anew.

use std::env;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use scenario::lessons::lessons;
use scenario::python::to_rust;

/// The lessons that aren't written in Rust as a whole, with the reason.
const INCOMPLETE: [(&str, &str); 1] = [("future", "a future that somebody else completes")];

/// A function that says how a program has ended, without its types.
const TOLD: &str = "
pub fn told() -> std::result::Result<(), String> {
    main().map_err(|it| it.to_string())
}
";

/// Returns all lessons as one file.
fn all() -> String {
    let mut file = String::from("// Written by `tests/to_rust.rs`: run that with `UPDATE=1`.\n");
    let mut programs = String::new();
    for lesson in lessons() {
        let rust = to_rust(lesson.program).unwrap();
        let (name, title) = (lesson.name, &lesson.title);
        if rust.contains("// No counterpart") {
            continue;
        }
        write!(file, "\n/// {title}.\npub mod {name} {{\n{rust}{TOLD}}}\n").unwrap();
        writeln!(programs, "    (\"{name}\", {name}::told),").unwrap();
    }
    file += "\n/// The programs, by name.\n";
    file + "pub const PROGRAMS: &[(&str, fn() -> Result<(), String>)] = &[\n" + &programs + "];\n"
}

#[test]
fn the_lessons_that_are_compiled_are_those_that_are_written() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rust/lessons.rs");
    if env::var_os("UPDATE").is_some() {
        fs::write(&path, all()).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap().replace("\r\n", "\n");
    assert_eq!(all(), kept, "run this test with UPDATE=1, and look at what has changed");
}

#[test]
fn what_has_no_counterpart_is_said() {
    for lesson in lessons() {
        let rust = to_rust(lesson.program).unwrap();
        let is_incomplete = INCOMPLETE.iter().any(|(name, _)| *name == lesson.name);
        assert_eq!(rust.contains("// No counterpart: "), is_incomplete, "{}", lesson.name);
    }
}

/// Returns what a `main` of these lines is in Rust, without the signature.
fn body(lines: &str) -> String {
    let lines: Vec<_> = lines.lines().map(|line| format!("    {line}\n")).collect();
    let rust = to_rust(&format!(
        "import asyncio\nasync def work(n=1):\n    await asyncio.sleep(n)\n    return n\n\
        async def main():\n{}asyncio.run(main())\n",
        lines.concat()
    ));
    let rust = rust.unwrap();
    let Some((_, body)) = rust.split_once("async fn start() -> Result<()> {\n") else {
        return rust.lines().find(|line| line.starts_with("// No")).unwrap_or_default().to_owned();
    };
    let body = body.split("\n}\n").next().unwrap_or_default();
    body.lines().map(|line| line.strip_prefix("    ").unwrap_or(line).to_owned() + "\n").collect()
}

#[test]
fn a_name_of_a_group_is_its_value_if_it_is_used_after_it() {
    let lines = "async with asyncio.TaskGroup() as group:
    task = group.create_task(work(2))
print(task.result())";
    assert_eq!(
        body(lines),
        "let task = combinators::task_group(async |group| {
    let task = group.spawn(work(2));
    Ok::<_, Exception>(task)
}).await?;
println!(\"{}\", result_of(&task)?);
Ok(())
"
    );
}

#[test]
fn an_error_is_taken_by_its_class() {
    let lines = "try:
    print(await asyncio.wait_for(work(3), 1))
except TimeoutError:
    print('late')";
    assert_eq!(
        body(lines),
        "let caught = async {
    println!(\"{}\", combinators::timeout(Duration::from_secs(1), work(3)).await??);
    Ok::<_, Exception>(())
};
match caught.await {
    Ok(()) => {}
    Err(error) if error.class == \"TimeoutError\" => {
        println!(\"late\");
    }
    Err(error) => return Err(error),
}
Ok(())
"
    );
}

#[test]
fn a_long_line_is_divided_before_its_methods() {
    let lines = "tasks = [asyncio.create_task(work(n), name=f'the task with number {n}') \
        for n in range(9)]\nawait asyncio.wait(tasks)";
    assert_eq!(
        body(lines),
        "let tasks = (0..9)
    .map(|n| executor::spawn(work(n)).shared().named(format!(\"the task with number {n}\")))
    .collect::<Vec<_>>();
combinators::wait(tasks.clone()).await;
Ok(())
"
    );
}

#[test]
fn what_cannot_be_written_is_named_with_its_line() {
    assert_eq!(
        body("task = asyncio.current_task()"),
        "// No counterpart: `main`, since in line 6 the current task has a handle of another type."
    );
    assert_eq!(
        body("if await work():\n    x = 1\nprint('x')\nprint(x)"),
        "// No counterpart: `main`, since in line 6 `x` may have no value after this block."
    );
}
