//! Attributes.

use hdfive::Attribute;

use super::Dumper;
use super::output::Section;
use crate::errors::Result;
use crate::render::Cursor;

impl Dumper<'_> {
    /// Prints an attribute.
    pub(super) fn attribute(&mut self, attribute: &Attribute, level: usize) -> Result<()> {
        let mut cursor = Cursor::at(level);
        self.line(&mut cursor, &format!("ATTRIBUTE \"{}\" {{", attribute.name()))?;
        cursor.level += 1;
        self.type_and_space(attribute, &mut cursor)?;
        let id = self.handles.attribute();
        self.object_id(id, &mut cursor)?;
        if self.options.attribute_data {
            self.data(attribute, Section::Attributes, &mut cursor)?;
        }
        cursor.level -= 1;
        self.line(&mut cursor, "}")
    }
}
