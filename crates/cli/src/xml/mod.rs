//! `h5 dump --xml`: files as XML, as `h5dump` of HDF5 1.14 prints them.

mod data;
mod dataset;
mod datatype;
mod fill;
mod link;
mod names;
mod object;

use std::io::Write;

use hdfive::{Container, Extents, File, Group};

use crate::errors::{self, Error, Result};
use crate::extents::extents;
use crate::format_c::Format;
use crate::objects::{Objects, Visit};
use names::Ids;

const SCHEMA: &str = "http://www.hdfgroup.org/HDF5/XML/schema/HDF5-File.xsd";
const DTD: &str = "http://www.hdfgroup.org/HDF5/XML/DTD/HDF5-File.dtd";

/// Which XML is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dialect {
    /// Whether the elements are those of the schema, not of the DTD.
    pub(crate) schema: bool,
    /// What precedes the names of elements: a namespace with its colon, or nothing.
    pub(crate) namespace: String,
    /// Where the schema or the DTD is, if it is not where it usually is.
    pub(crate) uri: Option<String>,
}

impl Default for Dialect {
    fn default() -> Self {
        Self { schema: true, namespace: "hdf5:".to_owned(), uri: None }
    }
}

/// What is written, and how.
#[derive(Debug, Clone)]
pub(crate) struct Settings<'a> {
    pub(crate) dialect: &'a Dialect,
    /// Whether the elements of datasets are written.
    pub(crate) data: bool,
    /// Whether the elements of attributes are written.
    pub(crate) attribute_data: bool,
    pub(crate) by_creation: bool,
    pub(crate) descending: bool,
    pub(crate) float: &'a Format,
    /// Columns, if elements share lines, else each has its own.
    pub(crate) columns: Option<usize>,
}

/// Writes a file; true if a part of it could not be.
pub(crate) fn dump(file: File, settings: &Settings<'_>, out: &mut dyn Write) -> Result<bool> {
    let dialect = settings.dialect;
    if dialect.uri.is_some() && dialect.schema && !dialect.namespace.is_empty() {
        return Err(Error::new(
            "Cannot set Schema URL for a qualified namespace--use -X or -U option with -D",
        ));
    }
    let order = Visit { stored: false, by_creation: settings.by_creation, descending: settings.descending };
    let objects = Some(Objects::in_order(&file, order));
    let mut xml =
        Xml { settings, ids: Ids::new(&file), file: &file, objects, referred: None, out, failed: false };
    xml.start()?;
    let root: &Group = &file;
    xml.group(root, "", 0)?;
    xml.close(0, "HDF5-File")?;
    Ok(xml.failed)
}

/// Writes one file.
struct Xml<'a> {
    settings: &'a Settings<'a>,
    ids: Ids<'a>,
    file: &'a File,
    objects: Option<Objects>,
    /// The objects that references name, once there is one.
    referred: Option<Objects>,
    out: &'a mut dyn Write,
    failed: bool,
}

impl Xml<'_> {
    fn namespace(&self) -> &str {
        if self.settings.dialect.schema { &self.settings.dialect.namespace } else { "" }
    }

    /// Writes what precedes the root group.
    fn start(&mut self) -> Result<()> {
        let dialect = self.settings.dialect;
        let uri = |default| dialect.uri.as_deref().unwrap_or(default);
        writeln!(self.out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
        const INSTANCE: &str = "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"";
        match (dialect.schema, self.namespace()) {
            (false, _) => {
                writeln!(self.out, "<!DOCTYPE HDF5-File PUBLIC \"HDF5-File.dtd\" \"{}\">", uri(DTD))?;
                writeln!(self.out, "<HDF5-File>")?;
            }
            (true, "") => {
                let location = format!("xsi:noNamespaceSchemaLocation=\"{}\"", uri(SCHEMA));
                writeln!(self.out, "<HDF5-File {INSTANCE} {location}>")?;
            }
            (true, namespace) => {
                let name = namespace.rsplit_once(':').map_or(namespace, |(name, _)| name);
                let line = format!(
                    "<{namespace}HDF5-File \
                     xmlns:{name}=\"http://hdfgroup.org/HDF5/XML/schema/HDF5-File.xsd\" {INSTANCE} \
                     xsi:schemaLocation=\"http://hdfgroup.org/HDF5/XML/schema/HDF5-File {SCHEMA}\">"
                );
                writeln!(self.out, "{line}")?;
            }
        }
        Ok(())
    }

    /// Writes a line of text.
    fn line(&mut self, level: usize, text: impl AsRef<[u8]>) -> Result<()> {
        for _ in 0..level {
            self.out.write_all(b"   ")?;
        }
        self.out.write_all(text.as_ref())?;
        Ok(self.out.write_all(b"\n")?)
    }

    /// Writes a start tag, or the tag of an element without content if the text ends with a slash.
    fn open(&mut self, level: usize, element: &str) -> Result<()> {
        let line = format!("<{}{element}>", self.namespace());
        self.line(level, line)
    }

    /// Writes an end tag.
    fn close(&mut self, level: usize, element: &str) -> Result<()> {
        let line = format!("</{}{element}>", self.namespace());
        self.line(level, line)
    }

    fn comment(&mut self, level: usize, text: &str) -> Result<()> {
        self.line(level, format!("<!-- {text} -->"))
    }

    fn objects(&mut self) -> &mut Objects {
        self.objects.get_or_insert_with(|| Objects::of(self.file))
    }

    /// Goes on after an error unless nobody reads the output.
    fn survive(&mut self, result: Result<()>) -> Result<()> {
        match result {
            Err(error @ Error::Message(_)) => {
                errors::report(&error);
                self.failed = true;
                Ok(())
            }
            other => other,
        }
    }

    /// Reports an error of reading elements, which the exit code does not tell.
    fn tolerate(&mut self, result: Result<()>) -> Result<()> {
        let failed = self.failed;
        let result = self.survive(result);
        self.failed = failed;
        result
    }

    /// Writes the dataspace of a dataset or an attribute.
    fn dataspace(&mut self, container: &Container, level: usize) -> Result<()> {
        self.open(level, "Dataspace")?;
        match extents(container) {
            Extents::Null => self.comment(level + 1, "unknown dataspace")?,
            Extents::Scalar => self.open(level + 1, "ScalarDataspace /")?,
            extents @ Extents::Simple(_) => {
                let (dims, limits) = (extents.dims(), extents.maxdims());
                self.open(level + 1, &format!("SimpleDataspace Ndims=\"{}\"", dims.len()))?;
                for (dim, limit) in dims.iter().zip(limits) {
                    let limit = match limit {
                        None => "UNLIMITED".to_owned(),
                        Some(0) => dim.to_string(),
                        Some(limit) => limit.to_string(),
                    };
                    let tag = format!("Dimension  DimSize=\"{dim}\" MaxDimSize=\"{limit}\"/");
                    self.open(level + 2, &tag)?;
                }
                self.close(level + 1, "SimpleDataspace")?;
            }
        }
        self.close(level, "Dataspace")
    }
}
