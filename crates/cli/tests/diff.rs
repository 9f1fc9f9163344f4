//! `h5 diff` of two files against what the C tool says of them.

use std::path::Path;
use std::process::Command;

/// The command lines, the standard output that the C tool writes, and its exit code.
fn expected() -> Vec<(&'static str, String, i32)> {
    let mut all = Vec::new();
    for line in include_str!("../../../testdata/compare/expected.txt").lines() {
        match (line.split_at_checked(2), all.last_mut()) {
            (Some(("$ ", command)), _) => all.push((command, String::new(), 0)),
            (Some(("? ", code)), Some((_, _, expected))) => *expected = code.parse().unwrap(),
            (_, Some((_, text, _))) => text.extend([line, "\n"]),
            _ => panic!("output before a command: {line}"),
        }
    }
    all
}

#[test]
fn files_differ_as_the_c_tool_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/compare");
    let all = expected();
    assert!(all.len() > 10);
    for (command, text, code) in all {
        let mut h5 = Command::new(env!("CARGO_BIN_EXE_h5"));
        let output = h5.arg("diff").args(command.split(' ')).current_dir(&folder).output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), text, "{command}");
        assert_eq!(output.status.code(), Some(code), "{command}");
    }
}
