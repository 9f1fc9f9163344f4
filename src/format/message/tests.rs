//! Every message of the fixtures' version 2 headers is written back byte for byte.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::collections::BTreeMap;

use super::*;
use crate::format::object_header::FirstChunk;
use crate::format::{Reader, Widths, encode};

/// decode, then encode again: the bytes, and how many of them decode has read.
fn again<T: MessageBody>(body: &[u8], widths: Widths) -> Result<(Vec<u8>, usize)> {
    let mut r = Reader::new(body, 0, widths, T::NAME);
    let value = T::decode(&mut r, &())?;
    Ok((encode(&value, &(), widths)?, r.position()))
}

fn message_again(message: &Message, widths: Widths) -> Result<(Vec<u8>, usize)> {
    let body = &message.body[..];
    if message.is_shared() {
        let pointer = shared::SharedPointer::decode(&mut Reader::new(body, 0, widths, "shared"), &())?;
        return Ok((encode(&pointer, &(), widths)?, body.len()));
    }
    match message.kind {
        0x01 => again::<dataspace::Dataspace>(body, widths),
        0x02 => again::<dense_info::LinkInfo>(body, widths),
        0x03 => again::<datatype::Datatype>(body, widths),
        0x04 => again::<fill_value::OldFillValue>(body, widths),
        0x05 => again::<fill_value::FillValue>(body, widths),
        0x06 => again::<link::Link>(body, widths),
        0x07 => again::<external_files::ExternalFiles>(body, widths),
        0x08 => again::<layout::Layout>(body, widths),
        0x0a => again::<group::GroupInfo>(body, widths),
        0x0b => again::<filter_pipeline::FilterPipeline>(body, widths),
        0x0c => again::<attribute::Attribute>(body, widths),
        0x0d => again::<object::Comment>(body, widths),
        0x0e => again::<object::OldModificationTime>(body, widths),
        0x0f => again::<file::SharedMessageTable>(body, widths),
        0x10 => again::<object::Continuation>(body, widths),
        0x11 => again::<group::SymbolTable>(body, widths),
        0x12 => again::<object::ModificationTime>(body, widths),
        0x13 => again::<file::BTreeK>(body, widths),
        0x14 => again::<file::DriverInfo>(body, widths),
        0x15 => again::<dense_info::AttributeInfo>(body, widths),
        0x16 => again::<object::ReferenceCount>(body, widths),
        0x17 => again::<file::FileSpaceInfo>(body, widths),
        _ => Ok((body.to_vec(), body.len())),
    }
}

#[test]
fn messages_of_the_fixtures_round_trip() {
    let mut counts: BTreeMap<u16, usize> = BTreeMap::new();
    for entry in std::fs::read_dir("testdata/fixtures").unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        if path.extension().is_none_or(|extension| extension != "h5") || !bytes.starts_with(b"\x89HDF") {
            continue;
        }
        // Below a metadata cache image is anything.
        if bytes.windows(4).any(|window| window == b"MDCI") {
            continue;
        }
        let at = if bytes[8] < 2 { 13 } else { 9 };
        let widths = Widths { offset: bytes[at], length: bytes[at + 1] };
        let headers = (0..bytes.len() - 8).filter(|&at| bytes[at..].starts_with(b"OHDR\x02"));
        for at in headers {
            let mut r = Reader::new(&bytes[at..], at as u64, widths, FirstChunk::NAME);
            let chunk = FirstChunk::decode(&mut r, &()).unwrap();
            for message in &chunk.area.messages {
                let context = format!("{} at {at}: {message:02x?}", path.display());
                let (again, read) = message_again(message, widths).expect(&context);
                let (structure, padding) = message.body.split_at(read);
                assert_eq!(again, structure, "{context}");
                assert!(padding.iter().all(|&byte| byte == 0), "{context}");
                *counts.entry(message.kind).or_default() += 1;
            }
        }
    }
    let kinds = [0x01, 0x02, 0x03, 0x05, 0x06, 0x07, 0x08, 0x0a, 0x0b, 0x0c, 0x10, 0x15, 0x16, 0x17];
    for kind in kinds {
        assert!(counts.contains_key(&kind), "no message of type {kind:#04x} in {counts:?}");
    }
}
