//! Filter pipeline message (0x000B). Specification IV.A.2.l; notes: format-spec-notes/messages.md.

use super::MessageBody;
use crate::Result;
use crate::format::{Reader, Structure, Writer};

/// The filters that a chunk goes through, in the order of writing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FilterPipeline {
    /// Message version, 1 or 2.
    pub(crate) version: u8,
    pub(crate) filters: Vec<FilterInfo>,
}

/// One filter of a dataset, as the file describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterInfo {
    /// The registered identification number.
    pub id: u16,
    /// The name, if the file stores one: version 2 messages do not for identifiers below 256.
    pub name: Option<String>,
    /// Bit 0: the filter is optional, so a chunk that it could not process is stored without it.
    pub flags: u16,
    /// The parameters ("client data").
    pub parameters: Vec<u32>,
}

impl FilterInfo {
    /// Flag: a chunk that the filter cannot process is stored without it.
    pub(crate) const OPTIONAL: u16 = 0x0001;

    /// Whether a chunk that the filter cannot process may be stored without it.
    pub fn is_optional(&self) -> bool {
        self.flags & Self::OPTIONAL != 0
    }
}

impl FilterPipeline {
    /// The largest number of filters; a chunk's filter mask has a bit for each.
    pub(crate) const MAX_FILTERS: usize = 32;

    /// Version 2 messages store no name for the filters of the HDF Group.
    fn stores_name(version: u8, id: u16) -> bool {
        version == 1 || id >= 256
    }
}

impl Structure for FilterPipeline {
    const NAME: &'static str = "Filter pipeline message";
    type Context = ();

    fn decode(r: &mut Reader<'_>, (): &()) -> Result<Self> {
        let version = r.u8()?;
        let count = r.u8()?;
        match version {
            1 => r.skip(6)?,
            2 => {}
            _ => return Err(r.unsupported("version", format!("version {version}"))),
        }
        if usize::from(count) > Self::MAX_FILTERS {
            return Err(r.error("number of filters", format!("{count} filters, more than 32")));
        }
        let filters = (0..count).map(|_| decode_filter(r, version)).collect::<Result<_>>()?;
        Ok(Self { version, filters })
    }

    fn encode(&self, w: &mut Writer, (): &()) {
        w.u8(self.version);
        if self.filters.len() > Self::MAX_FILTERS {
            w.overflow("number of filters");
        }
        w.uint(self.filters.len() as u64, 1, "number of filters");
        if self.version == 1 {
            w.zeros(6);
        }
        for filter in &self.filters {
            encode_filter(filter, w, self.version);
        }
    }
}

impl MessageBody for FilterPipeline {
    const TYPE: u16 = 0x000B;
}

fn decode_filter(r: &mut Reader<'_>, version: u8) -> Result<FilterInfo> {
    let id = r.u16()?;
    let name_len = if FilterPipeline::stores_name(version, id) { usize::from(r.u16()?) } else { 0 };
    let flags = r.u16()?;
    let parameters = r.u16()?;
    let name = match r.bytes(name_len)? {
        [] => None,
        // The specification says that version 2 has no NUL; the library writes and counts one.
        padded => {
            let text = padded.split(|&byte| byte == 0).next().unwrap_or_default();
            Some(String::from_utf8_lossy(text).into_owned())
        }
    };
    let values = r.sub(usize::from(parameters).saturating_mul(4), FilterPipeline::NAME)?;
    if version == 1 && parameters % 2 == 1 {
        r.skip(4)?;
    }
    let parameters =
        values.rest().as_chunks::<4>().0.iter().map(|bytes| u32::from_le_bytes(*bytes)).collect();
    Ok(FilterInfo { id, name, flags, parameters })
}

fn encode_filter(filter: &FilterInfo, w: &mut Writer, version: u8) {
    w.u16(filter.id);
    let name = filter.name.as_ref().filter(|_| FilterPipeline::stores_name(version, filter.id));
    if FilterPipeline::stores_name(version, filter.id) {
        let len = name.map_or(0, |name| name.len().saturating_add(1));
        let stored = if version == 1 { len.next_multiple_of(8) } else { len };
        w.uint(stored as u64, 2, "name length");
    }
    w.u16(filter.flags);
    w.uint(filter.parameters.len() as u64, 2, "number of client data values");
    if let Some(name) = name {
        w.c_string(name.as_bytes(), if version == 1 { 8 } else { 1 });
    }
    for &value in &filter.parameters {
        w.u32(value);
    }
    if version == 1 && filter.parameters.len() % 2 == 1 {
        w.zeros(4);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use super::*;
    use crate::format::Widths;
    use crate::format::testing::{decode, hex, structure_tests};
    use proptest::prelude::*;

    fn pipelines() -> impl Strategy<Value = FilterPipeline> {
        let filter = (
            prop_oneof![1..7_u16, any::<u16>()],
            prop::option::of("[a-z]{0,12}"),
            any::<u16>(),
            prop::collection::vec(any::<u32>(), 0..6),
        );
        (1..=2_u8, prop::collection::vec(filter, 0..5)).prop_map(|(version, filters)| {
            let filters = filters
                .into_iter()
                .map(|(id, name, flags, parameters)| {
                    let name = name.filter(|_| FilterPipeline::stores_name(version, id));
                    FilterInfo { id, name, flags, parameters }
                })
                .collect();
            FilterPipeline { version, filters }
        })
    }

    structure_tests! {
        filter_pipeline: FilterPipeline, context = (), values = pipelines(),
        real = [
            // Shuffle, deflate, fletcher32.
            "0103000000000000 0200080001000100 73687566666c6500 0200000000000000
             0100080001000100 6465666c61746500 0400000000000000
             0300100000000000 666c6574636865723332000000000000",
            "0203 0200010001000200000001000100010004000000030000000000",
            // h5py's lzf.
            "0101000000000000 007d080001000300 6c7a660000000000 0400000005010000c800000000000000",
            "0201 007d0400010003006c7a66000400000005010000c8000000",
        ],
        checksum = false
    }

    #[test]
    fn names_and_optional_filters() {
        let bytes = hex("0201 007d0400010003006c7a66000400000005010000c8000000");
        let pipeline: FilterPipeline = decode(&bytes, &(), Widths::default()).unwrap();
        let [lzf] = &pipeline.filters[..] else { panic!("one filter") };
        assert_eq!((lzf.id, lzf.name.as_deref(), lzf.is_optional()), (32000, Some("lzf"), true));
        assert_eq!(lzf.parameters, [4, 261, 200]);
        assert!(decode::<FilterPipeline>(&hex("0221"), &(), Widths::default()).is_err());
    }
}
