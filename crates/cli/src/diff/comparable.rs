//! Whether two datasets or attributes can be compared.

use hdfive::Container;
use hdfive::datatype::{Datatype, DatatypeClass, VarLenKind};

use super::state::{Diff, Pair, dimensions};
use super::types;

/// The shape of a dataset or attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) dims: Vec<u64>,
    pub(super) max: Vec<u64>,
}

impl Shape {
    /// The shape of a dataset.
    pub(super) fn of(container: &Container) -> Self {
        let extents = container.extents();
        let dims: Vec<u64> = extents.dims().into_iter().map(|dim| dim as u64).collect();
        let max = extents.maxdims().into_iter().map(|dim| dim.map_or(u64::MAX, |dim| dim as u64)).collect();
        Self { dims, max }
    }

    /// With the current sizes as the greatest.
    pub(super) fn fixed(self) -> Self {
        Self { max: self.dims.clone(), ..self }
    }

    /// The number of elements.
    pub(super) fn len(&self) -> u64 {
        self.dims.iter().fold(1, |len, &dim| len.saturating_mul(dim))
    }
}

/// The class, as far as it decides whether two datatypes can be compared.
fn class(datatype: &Datatype) -> &'static str {
    types::class_name(datatype)
}

fn is_variable(datatype: &Datatype) -> bool {
    matches!(&datatype.class, DatatypeClass::VarLen(class) if matches!(class.kind, VarLenKind::String(_)))
}

impl Diff<'_> {
    /// Whether elements of these types and shapes can be compared; it is said if not, and warned of what
    /// is different. `member`: whether the types are those of members.
    pub(super) fn comparable(
        &mut self,
        names: Pair<&str>,
        types: Pair<&Datatype>,
        shapes: Pair<&Shape>,
        member: bool,
    ) -> bool {
        let can = self.classes_match(names, types, member)
            && self.shapes_match(names, shapes)
            && self.strings_match(names, types)
            && self.members_match(names, types, shapes);
        self.not_comparable |= !can;
        can
    }

    fn explain(&mut self, text: std::fmt::Arguments<'_>) {
        if self.explains() {
            self.print(text);
        }
    }

    fn classes_match(&mut self, names: Pair<&str>, types: Pair<&Datatype>, member: bool) -> bool {
        let [first, second] = names;
        let classes = types.map(class);
        if classes[0] != classes[1] {
            let is = if member { "has a" } else { "is of" };
            self.explain(format_args!(
                "Not comparable: <{first}> {is} class {} and <{second}> {is} class {}\n",
                classes[0], classes[1]
            ));
            return false;
        }
        if matches!(types[0].class, DatatypeClass::Time { .. }) {
            let class = classes[0];
            self.explain(format_args!("Not comparable: <{first}> and <{second}> are of class {class}\n"));
            return false;
        }
        if self.options.verbose && !types::same(types[0], types[1]) {
            self.print(format_args!("Warning: different storage datatype\n"));
            if matches!(types[0].class, DatatypeClass::Integer(_) | DatatypeClass::Float(_)) {
                for (name, datatype) in names.iter().zip(types) {
                    let datatype = types::number_name(datatype);
                    self.print(format_args!("<{name}> has file datatype {datatype}\n"));
                }
            }
        }
        true
    }

    fn shapes_match(&mut self, names: Pair<&str>, shapes: Pair<&Shape>) -> bool {
        let [first, second] = names;
        if shapes[0].dims != shapes[1].dims {
            let describe = |shape: &Shape| {
                let (dims, max) = (dimensions(&shape.dims), dimensions(&shape.max));
                format!("has rank {}, dimensions {dims}, max dimensions {max}", shape.dims.len())
            };
            let shapes = shapes.map(describe);
            self.explain(format_args!(
                "Not comparable: <{first}> {}\nand <{second}> {}\n",
                shapes[0], shapes[1]
            ));
            return false;
        }
        if shapes[0].max != shapes[1].max && self.options.verbose {
            let max = shapes.map(|shape| dimensions(&shape.max));
            self.print(format_args!(
                "Warning: different maximum dimensions\n<{first}> has max dimensions {}\n\
                 <{second}> has max dimensions {}\n",
                max[0], max[1]
            ));
        }
        true
    }

    fn strings_match(&mut self, names: Pair<&str>, types: Pair<&Datatype>) -> bool {
        if is_variable(types[0]) == is_variable(types[1]) {
            return true;
        }
        self.explain(format_args!(
            "Not comparable: <{}> or <{}> is of mixed string type\n",
            names[0], names[1]
        ));
        false
    }

    fn members_match(&mut self, names: Pair<&str>, types: Pair<&Datatype>, shapes: Pair<&Shape>) -> bool {
        let (DatatypeClass::Compound(first), DatatypeClass::Compound(second)) =
            (&types[0].class, &types[1].class)
        else {
            return true;
        };
        let counts = [first.members.len(), second.members.len()];
        if counts[0] != counts[1] {
            self.explain(format_args!(
                "Not comparable: <{}> has {} members <{}> has {} members \n",
                names[0], counts[0], names[1], counts[1]
            ));
            return false;
        }
        first
            .members
            .iter()
            .zip(&second.members)
            .all(|(first, second)| self.comparable(names, [&first.datatype, &second.datatype], shapes, true))
    }

    /// Whether the numbers of datasets have the same sign; it is said if not.
    pub(super) fn signs_match(&mut self, names: Pair<&str>, types: Pair<&Datatype>) -> bool {
        let signs = types.map(types::signed);
        if signs[0] == signs[1] {
            return true;
        }
        let [first, second] = signs.map(types::sign_name);
        self.explain(format_args!(
            "Not comparable: <{}> has sign {first} and <{}> has sign {second}\n",
            names[0], names[1]
        ));
        self.not_comparable = true;
        false
    }
}
