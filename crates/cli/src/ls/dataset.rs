//! What is listed of datasets and attributes.

use hdfive::datatype::{Datatype, DatatypeClass, VarLenKind, VarLenType};
use hdfive::{Attribute, Dataset, Extents, Layout, NamedDatatype};

use super::datatype::describe;
use super::name::escape;
use super::object::Lister;
use crate::errors::Result;
use crate::extents::extents;
use crate::render::memory_size;

fn plural(count: u64) -> &'static str {
    if count == 1 { "" } else { "s" }
}

impl Lister<'_> {
    /// The shape, on the line of the dataset's name.
    pub(super) fn shape(&mut self, dataset: &Dataset) -> Result<()> {
        let extents = extents(dataset);
        let text = match extents {
            Extents::Null => "NULL".to_owned(),
            Extents::Scalar => "SCALAR".to_owned(),
            Extents::Simple(extents) => {
                let sizes = extents.iter().map(|extent| match extent.max {
                    None => format!("{}/Inf", extent.dim),
                    Some(max) if max != extent.dim || self.options.verbose => format!("{}/{max}", extent.dim),
                    Some(_) => extent.dim.to_string(),
                });
                sizes.collect::<Vec<_>>().join(", ")
            }
        };
        Ok(write!(self.out, " {{{text}}}")?)
    }

    /// An attribute: its name, shape and type, and its elements if asked.
    pub(super) fn attribute(&mut self, attribute: &Attribute) -> Result<()> {
        let space = match extents(attribute) {
            Extents::Null => "null".to_owned(),
            Extents::Scalar => "scalar".to_owned(),
            extents @ Extents::Simple(_) => {
                let sizes: Vec<_> = extents.dims().iter().map(usize::to_string).collect();
                format!("{{{}}}", sizes.join(", "))
            }
        };
        writeln!(self.out, "    Attribute: {} {space}", escape(&attribute.name(), true))?;
        write!(self.out, "    ")?;
        self.datatype(attribute.named_datatype()?.as_ref(), attribute.datatype())?;
        if self.options.data { self.attribute_values(attribute) } else { Ok(()) }
    }

    /// A datatype, and where it is if it is an object of its own.
    pub(super) fn datatype(&mut self, named: Option<&NamedDatatype>, datatype: &Datatype) -> Result<()> {
        let shared = named.map(|named| format!("shared-{}:{}", self.file_number, named.address()));
        let text = describe(datatype, 15, self.options.simple);
        Ok(writeln!(self.out, "    {:<10} {}{text}", "Type:", shared.unwrap_or_default())?)
    }

    /// The files that the data of a dataset is in, if that is not its own.
    fn sources(&mut self, dataset: &Dataset) -> Result<()> {
        let mappings = dataset.virtual_mappings();
        if !mappings.is_empty() {
            writeln!(self.out, "    {:<10} {{{}}} Source {{", "Maps:", mappings.len())?;
            for mapping in &mappings {
                let (file, dataset) = (escape(&mapping.file, true), escape(&mapping.dataset, true));
                writeln!(self.out, "    {:<10}        {file}   {dataset}", "")?;
            }
            writeln!(self.out, "     {:<10}}}", "")?;
        }
        let files = dataset.external_files();
        if files.is_empty() {
            return Ok(());
        }
        let names: Vec<_> = files.iter().map(|file| escape(&file.name, true)).collect();
        let rule = "-".repeat(names.iter().map(String::len).max().unwrap_or(0));
        let rule = format!("        {0:-<4} {0:-<10} {0:-<10} {0:-<10} {rule}", "");
        writeln!(
            self.out,
            "    {:<10} {} external file{}",
            "Extern:",
            files.len(),
            plural(files.len() as u64)
        )?;
        writeln!(
            self.out,
            "        {:>4} {:>10} {:>10} {:>10} File",
            "ID", "DSet-Addr", "File-Addr", "Bytes"
        )?;
        writeln!(self.out, "{rule}")?;
        let mut total = 0_u64;
        for (index, (file, name)) in files.iter().zip(&names).enumerate() {
            let size = file.size.map_or("INF".to_owned(), |size| size.to_string());
            writeln!(self.out, "        #{index:03} {total:>10} {:>10} {size:>10} {name}", file.offset)?;
            total = total.wrapping_add(file.size.unwrap_or(u64::MAX));
        }
        Ok(writeln!(self.out, "{rule}")?)
    }

    /// How a dataset is stored, and its type.
    pub(super) fn storage(&mut self, dataset: &Dataset) -> Result<()> {
        let element = memory_size(dataset.datatype());
        if let Some(chunk) = dataset.chunk() {
            let sizes: Vec<_> = chunk.iter().map(usize::to_string).collect();
            let bytes = chunk.iter().fold(element, |bytes, &dim| bytes.saturating_mul(dim as u64));
            writeln!(self.out, "    {:<10} {{{}}} {bytes} bytes", "Chunks:", sizes.join(", "))?;
        }
        self.sources(dataset)?;
        write!(self.out, "    {:<10} ", "Storage:")?;
        match dataset.datatype().class {
            DatatypeClass::VarLen(VarLenType { kind: VarLenKind::Sequence, .. }) => {
                write!(self.out, "information not available")?;
            }
            DatatypeClass::Reference(_) => write!(self.out, "reference information not available")?,
            _ => {
                let total = (dataset.size() as u64).saturating_mul(element);
                let used = dataset.storage_size().unwrap_or(0);
                write!(self.out, "{total} logical byte{}, ", plural(total))?;
                write!(self.out, "{used} allocated byte{}", plural(used))?;
                if used > 0 {
                    write!(self.out, ", {:.2}% utilization", total as f64 * 100.0 / used as f64)?;
                }
            }
        }
        writeln!(self.out)?;
        for (index, filter) in dataset.filters().iter().enumerate() {
            let name = match (filter.name.as_deref(), filter.id) {
                (Some(name), _) if !name.is_empty() => name,
                (_, 1) => "deflate",
                (_, 2) => "shuffle",
                (_, 3) => "fletcher32",
                (_, 4) => "szip",
                (_, 5) => "nbit",
                (_, 6) => "scaleoffset",
                _ => "method",
            };
            let optional = if filter.flags & 1 != 0 { "OPT" } else { "" };
            let parameters: Vec<_> = filter.parameters.iter().take(20).map(u32::to_string).collect();
            writeln!(
                self.out,
                "    {:<10} {name}-{} {optional} {{{}}}",
                format!("Filter-{index}:"),
                filter.id,
                parameters.join(", ")
            )?;
        }
        self.datatype(dataset.named_datatype()?.as_ref(), dataset.datatype())?;
        if self.options.addresses { self.addresses(dataset) } else { Ok(()) }
    }

    /// Where the raw data of a dataset is.
    fn addresses(&mut self, dataset: &Dataset) -> Result<()> {
        match dataset.layout()? {
            Layout::Contiguous => {
                let address = dataset.offset().unwrap_or(u64::MAX);
                writeln!(self.out, "    {:<10} {address}", "Address:")?;
            }
            Layout::Chunked => {
                let address = dataset.chunk_index_address().unwrap_or(u64::MAX);
                writeln!(self.out, "    Address: {address}")?;
                for (index, chunk) in dataset.chunks()?.iter().enumerate() {
                    if index == 0 {
                        writeln!(self.out, "           Flags    Bytes     Address          Logical Offset")?;
                        writeln!(self.out, "        {0:=<10} {0:=<8} {0:=<10} {0:=<30}", "")?;
                    }
                    // The bytes of an element count as a dimension.
                    let offset: String = chunk.offset.iter().map(|at| format!("{at}, ")).collect();
                    let (mask, size, address) = (chunk.filter_mask, chunk.size, chunk.address);
                    writeln!(self.out, "        0x{mask:08x} {size:>8} {address:>10} [{offset}0]")?;
                }
            }
            _ => {}
        }
        Ok(())
    }
}
