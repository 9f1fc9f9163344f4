//! `h5 dump --xml`: files as XML, as `h5dump` of HDF5 1.14 prints them.

mod data;
mod dataset;
mod datatype;
mod fill;
mod link;
mod names;
mod object;

use hdfive::{Container, Extents, File, Group};

use crate::dump::{Output, Section, TOOL};
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

impl Dialect {
    /// Refuses a schema elsewhere for names that are qualified. The C tool takes any but the first file
    /// to have one.
    pub(crate) fn check(&self, first: bool) -> Result<()> {
        if self.schema && !self.namespace.is_empty() && (self.uri.is_some() || !first) {
            return Err(Error::new(
                "Cannot set Schema URL for a qualified namespace--use -X or -U option with -D",
            ));
        }
        Ok(())
    }
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
pub(crate) fn dump(file: File, settings: &Settings<'_>, out: &mut Output) -> Result<bool> {
    let Settings { by_creation, descending, .. } = *settings;
    let objects = Objects::in_order(&file, Visit { stored: false, by_creation, descending });
    objects.check()?;
    let ids = Ids::new(&file);
    let mut xml =
        Xml { settings, ids, file: &file, objects, referred: None, out, open: false, failed: false };
    xml.start()?;
    let root: &Group = &file;
    xml.group(root, "", 0)?;
    xml.close(0, "HDF5-File")?;
    xml.out.to(Section::Outline).write_all(b"\n")?;
    Ok(xml.failed)
}

/// Writes one file.
struct Xml<'a> {
    settings: &'a Settings<'a>,
    ids: Ids<'a>,
    file: &'a File,
    objects: Objects,
    /// Where references in elements lead, once one is met.
    referred: Option<Objects>,
    out: &'a mut Output,
    /// Whether the last line is still to be ended: what comes next does, wherever it goes.
    open: bool,
    failed: bool,
}

impl Xml<'_> {
    fn namespace(&self) -> &str {
        if self.settings.dialect.schema { &self.settings.dialect.namespace } else { "" }
    }

    /// Writes what precedes the root group.
    fn start(&mut self) -> Result<()> {
        let dialect = self.settings.dialect;
        let namespace = self.namespace().to_owned();
        let out = self.out.to(Section::Outline);
        let uri = |default| dialect.uri.as_deref().unwrap_or(default);
        writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
        const INSTANCE: &str = "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"";
        match (dialect.schema, namespace.as_str()) {
            (false, _) => {
                writeln!(out, "<!DOCTYPE HDF5-File PUBLIC \"HDF5-File.dtd\" \"{}\">", uri(DTD))?;
                writeln!(out, "<HDF5-File>")?;
            }
            (true, "") => {
                let location = format!("xsi:noNamespaceSchemaLocation=\"{}\"", uri(SCHEMA));
                writeln!(out, "<HDF5-File {INSTANCE} {location}>")?;
            }
            (true, namespace) => {
                let name = namespace.rsplit_once(':').map_or(namespace, |(name, _)| name);
                let line = format!(
                    "<{namespace}HDF5-File \
                     xmlns:{name}=\"http://hdfgroup.org/HDF5/XML/schema/HDF5-File.xsd\" {INSTANCE} \
                     xsi:schemaLocation=\"http://hdfgroup.org/HDF5/XML/schema/HDF5-File {SCHEMA}\">"
                );
                writeln!(out, "{line}")?;
            }
        }
        Ok(())
    }

    /// Writes a line of text.
    fn line(&mut self, level: usize, text: impl AsRef<[u8]>) -> Result<()> {
        let out = self.out.to(Section::Outline);
        if std::mem::replace(&mut self.open, true) {
            out.write_all(b"\n")?;
        }
        for _ in 0..level {
            out.write_all(b"   ")?;
        }
        Ok(out.write_all(text.as_ref())?)
    }

    /// Writes a line that is begun before it is known whether the text and a space fit: if they do not, they
    /// get another.
    fn begun_line(&mut self, level: usize, text: impl AsRef<[u8]>) -> Result<()> {
        if 3 * level + text.as_ref().len() >= self.settings.columns.unwrap_or(65_535) {
            self.line(level, "")?;
        }
        self.line(level, text)
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
        &mut self.objects
    }

    /// Goes on after an error unless nobody reads the output.
    fn survive(&mut self, result: Result<()>) -> Result<()> {
        match result {
            Err(error @ Error::Message(_)) => {
                errors::report_as(TOOL, &error);
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
