//! Datasets.

use hdfive::datatype::{DatatypeClass, ReferenceType};
use hdfive::{AllocationTime, Dataset, FillTime, Layout};

use super::Xml;
use super::data::class_number;
use super::names::escape_name;
use super::object::{format_note, is_sequence, parent};
use crate::errors::{Error, Result};

impl Xml<'_> {
    /// Writes the dataset at a path.
    pub(super) fn dataset(&mut self, dataset: &Dataset, name: &str, path: &str, level: usize) -> Result<()> {
        let written = self.was_written(dataset)?;
        let (id, parent_id) = (self.ids.of(path), self.ids.of(parent(path)));
        let (name, path_name) = (escape_name(name), escape_name(path));
        let parents = format!("Parents=\"{parent_id}\" H5ParentPaths=\"{}\"", escape_name(parent(path)));
        if written {
            let number = self.ids.next_number();
            let tag =
                format!("Dataset Name=\"{name}\" OBJ-XID=\"{id}-{number}\" H5Path=\"{path_name}\" {parents}");
            self.open(level, &tag)?;
            let first = self.first_path(dataset);
            let (id, first) = (self.ids.of(&first), escape_name(&first));
            self.open(level + 1, &format!("DatasetPtr OBJ-XID=\"{id}\" H5Path=\"{first}\"/"))?;
            return self.close(level, "Dataset");
        }
        self.open(
            level,
            &format!("Dataset Name=\"{name}\" OBJ-XID=\"{id}\" H5Path= \"{path_name}\" {parents}"),
        )?;
        self.layout(dataset, level + 1)?;
        self.fill(dataset, level + 1)?;
        self.dataspace(dataset, level + 1)?;
        self.container_type(dataset, level + 1)?;
        self.attributes(dataset, level + 1)?;
        // The C tool takes what it cannot count for nothing.
        let size = dataset.storage_size().map_err(Error::from);
        let stored = *size.as_ref().unwrap_or(&0) > 0;
        self.tolerate(size.map(|_| ()))?;
        if self.settings.data && stored {
            self.dataset_data(dataset, level)?;
        } else {
            self.no_data(level + 1)?;
        }
        self.close(level, "Dataset")
    }

    fn layout(&mut self, dataset: &Dataset, level: usize) -> Result<()> {
        let layout = match dataset.layout()? {
            Layout::Compact => "CompactLayout/",
            Layout::Contiguous => "ContiguousLayout/",
            Layout::Chunked => "ChunkedLayout",
            _ => return Ok(()),
        };
        self.open(level, "StorageLayout")?;
        if layout.ends_with('/') {
            self.open(level + 1, layout)?;
            return self.close(level, "StorageLayout");
        }
        let chunk = dataset.chunk().unwrap_or_default();
        self.open(level + 1, &format!("{layout} Ndims=\"{}\"", chunk.len()))?;
        for dim in chunk {
            self.open(level + 2, &format!("ChunkDimension DimSize=\"{dim}\" /"))?;
        }
        self.open(level + 2, "RequiredFilter")?;
        // The C tool takes no more parameters of a filter than the one before it has; what it does not
        // take stays.
        let (mut taken, mut room) = ([0; 20], 20);
        for filter in dataset.filters() {
            taken.iter_mut().zip(&filter.parameters).take(room).for_each(|(to, &from)| *to = from);
            room = filter.parameters.len();
            if let Some(tag) = filter_tag(filter.id, &taken[..room.min(20)]) {
                self.open(level + 4, &tag)?;
            }
        }
        self.close(level + 2, "RequiredFilter")?;
        self.close(level + 1, layout)?;
        self.close(level, "StorageLayout")
    }

    fn fill(&mut self, dataset: &Dataset, level: usize) -> Result<()> {
        let time = match dataset.fill_time() {
            FillTime::OnAllocation => "FillOnAlloc",
            FillTime::Never => "FillNever",
            FillTime::IfSet => "FillIfSet",
        };
        let allocation = match dataset.alloc_time() {
            AllocationTime::Early => "Early",
            AllocationTime::Incremental => "Incremental",
            AllocationTime::Late => "Late",
            AllocationTime::Default => "?",
        };
        self.open(level, &format!("FillValueInfo FillTime=\"{time}\" AllocationTime=\"{allocation}\""))?;
        self.open(level + 1, "FillValue")?;
        let value = dataset.fill_value_bytes();
        let unset = value.is_none() && dataset.fill_time() == FillTime::IfSet;
        if dataset.fill_is_undefined() || unset {
            self.open(level + 2, "NoFill/")?;
        } else {
            let value = value.unwrap_or_else(|| vec![0; dataset.datatype().size as usize]);
            self.fill_value(dataset.datatype(), &value, level + 2)?;
        }
        self.close(level + 1, "FillValue")?;
        self.close(level, "FillValueInfo")
    }

    /// Writes the elements of a dataset, which is at a level.
    fn dataset_data(&mut self, dataset: &Dataset, level: usize) -> Result<()> {
        match &dataset.datatype().class {
            DatatypeClass::Time { .. } => {
                self.open(level + 1, "Data")?;
                self.comment(level + 1, "Time data not yet implemented.")?;
                self.open(level + 1, "NoData /")?;
                self.open(level + 1, "Data")
            }
            DatatypeClass::Reference(ReferenceType::Object) => self.references(dataset, level),
            DatatypeClass::Reference(_) => self.no_references(level),
            class => {
                if let Some(note) = format_note(class) {
                    let level = if is_sequence(class) { level.saturating_sub(1) } else { level };
                    self.comment(level, note)?;
                }
                match class_number(class) {
                    Some(number) => self.unknown_data(number, level),
                    None => self.written_data(dataset, level + 1),
                }
            }
        }
    }
}

/// The tag of a filter, if the schema has one.
fn filter_tag(id: u16, parameters: &[u32]) -> Option<String> {
    let parameter = |index: usize| parameters.get(index).copied();
    match id {
        1 => Some(format!("Deflate Level=\"{}\"/", parameter(0).unwrap_or(6))),
        2 => Some("Shuffle /".to_owned()),
        3 => Some("Fletcher32 /".to_owned()),
        4 => {
            let mask = parameter(0).unwrap_or(0);
            let choose = |choices: &[(u32, &'static str)]| {
                choices.iter().find(|(bit, _)| mask & bit != 0).map_or("", |(_, text)| text)
            };
            let pixels = parameter(1).map_or(-1, |pixels| pixels as i32);
            let mode = choose(&[(2, "Mode =\"Hardware\" "), (1, "Mode =\"K13\" ")]);
            let coding = choose(&[(4, "Entropy"), (32, "NN")]);
            let order = choose(&[(8, "LSB"), (16, "MSB")]);
            let header = choose(&[(128, "Header=\"Raw\"")]);
            Some(format!(
                "SZIP Pixels_per_block=\"{pixels}\" {mode}Coding=\"{coding}\" ByteOrder=\"{order}\" {header}/"
            ))
        }
        _ => None,
    }
}
