//! No edge between layers points up, and no file is long.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

const LONGEST: usize = 600;

/// The layers of `src`, from the bottom. Modules of one row may use each other and every row
/// below; two rows are barred from more (see [`BARRED`]).
const LAYERS: &[&[&str]] = &[
    &["error", "limits", "parallel"],
    &["format", "storage"],
    &["store"],
    &["tree", "heap"],
    &["object", "filter", "types", "chunk"],
    &[
        "attribute",
        "container",
        "dataset",
        "dataspace",
        "extents",
        "file",
        "group",
        "location",
        "named_datatype",
        "reference",
        "selection",
        "external",
        "fuzzing",
        "virtual_data",
        "usage",
    ],
];

/// Edges within a row that would join what is to stay apart: bytes to structures without a
/// file, a file without structures; and pure functions to the objects of a file.
const BARRED: &[(&str, &str)] = &[
    ("format", "storage"),
    ("storage", "format"),
    ("filter", "object"),
    ("filter", "chunk"),
    ("filter", "types"),
    ("types", "object"),
    ("types", "chunk"),
    ("types", "filter"),
    ("object", "chunk"),
    ("object", "types"),
];

/// Names that `lib.rs` offers to every layer, and the module that each stands for.
const RE_EXPORTED: &[(&str, &str)] = &[
    ("Error", "error"),
    ("ErrorKind", "error"),
    ("Result", "error"),
    ("Limits", "limits"),
    ("Datatype", "format"),
    ("ByteOrder", "format"),
    ("Durability", "store"),
    ("Selection", "selection"),
    ("SliceOrIndex", "selection"),
    ("Hyperslab", "selection"),
    ("Group", "group"),
    ("File", "file"),
    ("H5Type", "types"),
    ("H5Write", "types"),
    ("FixedAscii", "types"),
    ("Elements", "types"),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            sources(&path, found);
        } else if name.ends_with(".rs") {
            found.push(path);
        }
    }
}

fn row(module: &str) -> Option<usize> {
    LAYERS.iter().position(|row| row.contains(&module))
}

/// The module of `src` that a file belongs to: `src/a/b.rs` and `src/a.rs` to `a`.
fn module_of(file: &str) -> &str {
    let first = file.split('/').next().unwrap_or(file);
    first.strip_suffix(".rs").unwrap_or(first)
}

/// The first segments of what the `crate::` paths of a source name, but for its unit tests.
fn used(source: &str) -> Vec<String> {
    let source = source.split("#[cfg(test)]\nmod tests {").next().unwrap_or(source);
    let code: Vec<&str> = source.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let code = code.join("\n");
    let mut names = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        // Not `$crate::` of a macro, nor the end of another word.
        if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            Some(list) => names.extend(top_level(list)),
            None => names.push(first_segment(rest)),
        }
    }
    names
}

fn first_segment(path: &str) -> String {
    path.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// The first segments of the items of a braced list, whose brace is already open.
fn top_level(list: &str) -> Vec<String> {
    let (mut depth, mut item, mut names) = (0, String::new(), Vec::new());
    for c in list.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => names.push(first_segment(&std::mem::take(&mut item))),
            _ => item.push(c),
        }
    }
    names.push(first_segment(&item));
    names.retain(|name| !name.is_empty());
    names
}

/// What is wrong with the edges of one source file, named relative to `src`.
fn wrong_edges(file: &str, source: &str) -> Vec<String> {
    let from = module_of(file);
    if from == "lib" {
        return Vec::new();
    }
    let Some(from_row) = row(from) else { return vec![format!("{file}: a module without a layer")] };
    let mut wrong = Vec::new();
    for name in used(source) {
        let to = RE_EXPORTED.iter().find(|(known, _)| *known == name).map_or(&*name, |(_, module)| module);
        // A macro of the crate's root has no layer of its own.
        if to == from || to == "s" {
            continue;
        }
        match row(to) {
            None => wrong.push(format!("{file}: uses crate::{name}, which has no layer")),
            Some(to_row) if to_row > from_row => {
                wrong.push(format!("{file}: {from} uses {to}, which is above it"))
            }
            Some(_) if BARRED.contains(&(from, to)) => wrong.push(format!("{file}: {from} uses {to}")),
            Some(_) => {}
        }
    }
    wrong
}

#[test]
fn no_edge_points_up() {
    let src = root().join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    let mut wrong = Vec::new();
    for path in files {
        let file = path.strip_prefix(&src).unwrap().to_string_lossy().replace('\\', "/");
        // Tests of a layer may use what they like.
        let test = file.ends_with("tests.rs") || file.ends_with("testing.rs") || file.contains("/tests");
        if !test {
            wrong.extend(wrong_edges(&file, &std::fs::read_to_string(&path).unwrap()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_edge_that_points_up_is_found() {
    assert_eq!(
        wrong_edges("heap/local.rs", "use crate::store::Store;\nuse crate::{Error, Result};"),
        [""; 0]
    );
    for (file, source) in [
        ("store/mod.rs", "use crate::object::header;"),
        ("format/reader.rs", "use crate::storage::ReadAt;"),
        ("storage/mod.rs", "fn f() -> crate::format::Widths {}"),
        ("tree/mod.rs", "use crate::{\n    Result,\n    chunk::{grid::Grid, index},\n};"),
        ("filter/mod.rs", "use crate::{store::{Space, Store}, object};"),
        ("types/mod.rs", "use crate::File;"),
        ("unknown.rs", ""),
    ] {
        assert_eq!(wrong_edges(file, source).len(), 1, "{file}: {source}");
    }
    assert_eq!(wrong_edges("store/mod.rs", "// use crate::object;\n"), [""; 0]);
}

#[test]
fn files_are_short() {
    let mut files = Vec::new();
    sources(root(), &mut files);
    let lines = |path: &Path| std::fs::read_to_string(path).unwrap().lines().count();
    let long: Vec<_> = files.iter().filter(|path| lines(path) > LONGEST).collect();
    assert!(long.is_empty(), "over {LONGEST} lines: {long:?}");
}

/// What follows where a line declares a structure, or a record of B-trees: its name.
fn declared(line: &str) -> Option<&str> {
    let line = line.trim_start().trim_start_matches("pub(crate) ");
    let implemented = line.strip_prefix("impl").and_then(|rest| {
        rest.split_once("Structure for ").or_else(|| rest.split_once("Record for ")).map(|(_, name)| name)
    });
    let laid_out = line.strip_prefix("struct ").filter(|rest| rest.contains(" as \""));
    implemented.or(laid_out).or(Some(line).filter(|line| line.contains(", key = |")))
}

/// The names of the structures that a source file declares.
fn structures(source: &str) -> Vec<&str> {
    let code = source.split("#[cfg(test)]\nmod tests").next().unwrap_or(source);
    let texts = code.lines().filter_map(declared);
    texts
        .filter_map(|text| text.split(|c: char| !c.is_alphanumeric()).next())
        .filter(|name| !name.is_empty())
        .collect()
}

/// The paths in the argument `rest` of a `use` behind `before`: each with the name that it gives.
fn imports(before: &str, rest: &str, found: &mut Vec<(String, String)>) {
    if let Some(list) = rest.strip_suffix('}').and_then(|rest| rest.split_once('{')) {
        let (way, mut depth, mut item) = (format!("{before}{}", list.0), 0, String::new());
        for c in list.1.chars().chain([',']) {
            depth += i32::from(c == '{') - i32::from(c == '}');
            if c == ',' && depth == 0 {
                imports(&way, std::mem::take(&mut item).trim(), found);
            } else {
                item.push(c);
            }
        }
    } else if !rest.is_empty() {
        let path = format!("{before}{rest}");
        let path = path.strip_suffix("::self").unwrap_or(&path);
        found.push((path.rsplit("::").next().unwrap_or(path).to_owned(), path.to_owned()));
    }
}

fn path_at(code: &str) -> &str {
    let end = code.find(|c: char| !c.is_alphanumeric() && c != '_' && c != ':').unwrap_or(code.len());
    code[..end].trim_end_matches(':')
}

/// What a macro is given, up to the brace that ends it.
fn given<'c>(code: &'c str, invocation: &str) -> &'c str {
    code.split_once(invocation).and_then(|(_, rest)| rest.split_once('}')).map_or("", |(given, _)| given)
}

/// The whole paths of the structures that the source of the fuzz target decodes and encodes.
fn fuzzed(source: &str) -> HashSet<String> {
    let lines = source.lines().map(|line| line.split("//").next().unwrap_or(line).trim());
    let code = lines.collect::<Vec<_>>().join(" ");
    let mut imported = Vec::new();
    for (at, _) in code.match_indices("use ") {
        imports(
            "",
            code[at..].trim_start_matches("use ").split(';').next().unwrap_or_default(),
            &mut imported,
        );
    }
    let mut paths: Vec<String> =
        code.split("round_trip::<").skip(1).map(|rest| path_at(rest).to_owned()).collect();
    paths.extend(
        given(&code, "plain! {").split(", ").filter_map(|choice| Some(choice.split_once(": ")?.1.into())),
    );
    let records = given(&code, "node! {").split(", ").filter_map(|record| record.trim().split_once(": "));
    paths.extend(records.map(|(name, _)| format!("btree_v2::{name}")));
    for path in &mut paths {
        // An import may start at what another imports.
        while let Some((_, whole)) =
            imported.iter().find(|(name, whole)| name == path_head(path) && whole != path)
            && !path.starts_with("crate::")
        {
            *path = format!("{whole}{}", &path[path_head(path).len()..]);
        }
    }
    paths.into_iter().collect()
}

fn path_head(path: &str) -> &str {
    path.split("::").next().unwrap_or(path)
}

/// Whether the structure `name` of the file with these modules is among those fuzzed, by its path or as its
/// module re-exports it.
fn is_fuzzed(fuzzed: &HashSet<String>, modules: &[String], name: &str) -> bool {
    (2..=modules.len()).any(|len| fuzzed.contains(&format!("crate::{}::{name}", modules[..len].join("::"))))
}

/// Every structure of the format is decoded and encoded by the fuzz target `structure`.
#[test]
fn every_structure_is_fuzzed() {
    let fuzzed = fuzzed(&std::fs::read_to_string(root().join("src/fuzzing.rs")).unwrap());
    let mut files = Vec::new();
    sources(&root().join("src/format"), &mut files);
    let mut count = 0;
    for file in &files {
        let source = std::fs::read_to_string(file).unwrap();
        let module = file.strip_prefix(root().join("src")).unwrap().with_extension("");
        let modules = module.iter().map(|part| part.to_string_lossy().into_owned());
        let modules: Vec<_> = modules.filter(|part| part != "mod").collect();
        for name in structures(&source) {
            // Of this one there are two, known by other names.
            let names = if name == "DenseInfo" { vec!["LinkInfo", "AttributeInfo"] } else { vec![name] };
            for name in names {
                assert!(is_fuzzed(&fuzzed, &modules, name), "{name} of {} is not fuzzed", file.display());
                count += 1;
            }
        }
    }
    assert!(count > 60, "{count} structures");
}

#[test]
fn a_structure_that_is_not_fuzzed_is_found() {
    let source = "use crate::format::message::{self, layout::{Layout, Old}};\n\
        use crate::format::{Reader, heap};\n// round_trip::<heap::Header>\n\
        plain! {\n0: Layout,\n1: heap::HeaderBlock,\n2: message::link::Link,\n}\n\
        fn f() { use heap::{Node, other};\nround_trip::<Node<u8>>(b); round_trip::<other::Block>(b); }";
    let fuzzed = fuzzed(source);
    let found = |modules: &[&str], name: &str| {
        is_fuzzed(&fuzzed, &modules.iter().map(|&module| module.to_owned()).collect::<Vec<_>>(), name)
    };
    assert!(found(&["format", "message", "layout"], "Layout"));
    assert!(found(&["format", "message", "link"], "Link"));
    assert!(found(&["format", "heap", "blocks"], "HeaderBlock"));
    assert!(found(&["format", "heap"], "Node") && found(&["format", "heap", "other"], "Block"));
    for (modules, name) in [
        (["format", "heap"], "Header"),
        (["format", "message"], "Link"),
        (["format", "other"], "Node"),
        (["format", "layout"], "Old"),
        (["format", "heap"], "Block"),
    ] {
        assert!(!found(&modules, name), "{name}");
    }
}
