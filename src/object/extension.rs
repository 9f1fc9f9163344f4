//! What the superblock and its extension say of the whole file.

use std::sync::Arc;

use crate::format::driver_info::DriverBlock;
use crate::format::message::Message;
use crate::format::message::file::{BTreeK, DriverInfo, FileSpaceInfo, SharedMessageTable};
use crate::format::shared_table::{MasterTable, SharedIndex};
use crate::format::superblock::{Revision, Superblock};
use crate::object::header::{self, Header, HeaderOptions};
use crate::store::Store;
use crate::{Error, Result};

/// The superblock extension, if the file has one.
pub(crate) fn header(store: &Store) -> Result<Option<Arc<Header>>> {
    match store.superblock().and_then(|superblock| superblock.extension().get()) {
        Some(address) => header::load(store, address).map(Some),
        None => Ok(None),
    }
}

/// What the file says of its driver, in the block of an old superblock or a message; none if it was made
/// by one for single files.
pub(crate) fn driver(store: &Store) -> Result<Option<DriverInfo>> {
    if let Some(Superblock { revision: Revision::Old(old), .. }) = store.superblock() {
        let Some(address) = old.driver_info.get() else { return Ok(None) };
        let block = store.fetch::<DriverBlock>(address, &())?;
        return Ok(Some(DriverInfo { driver: block.driver, data: block.data.clone() }));
    }
    header(store)?.map_or(Ok(None), |header| header.find(store))
}

/// Gives a new file a superblock extension that tells its driver.
pub(crate) fn create_with_driver(store: &mut Store, driver: &DriverInfo) -> Result<()> {
    let message = Message { flags: header::flags::DONT_SHARE, ..Message::new(driver, store.widths())? };
    let address = header::create(store, vec![message], &HeaderOptions::default())?;
    store.set_extension(address);
    Ok(())
}

/// How the file's space is managed, if the file says so. A message that someone has set aside who
/// did not know it says nothing any more.
pub(crate) fn file_space(store: &Store) -> Result<Option<FileSpaceInfo>> {
    let Some(header) = header(store)? else { return Ok(None) };
    let Some(message) = header.of::<FileSpaceInfo>().next() else { return Ok(None) };
    if message.was_unknown() {
        return Ok(None);
    }
    header.decode(store, message).map(Some)
}

/// Half the capacities of version 1 B-tree nodes and symbol-table nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NodeK {
    pub(crate) group_leaf: u16,
    pub(crate) group_internal: u16,
    pub(crate) chunk: u16,
}

/// The file's [`NodeK`]: of the superblock, of its extension, or the usual.
pub(crate) fn node_k(store: &Store) -> Result<NodeK> {
    if let Some(Superblock { revision: Revision::Old(old), .. }) = store.superblock() {
        return Ok(NodeK {
            group_leaf: old.group_leaf_k,
            group_internal: old.group_internal_k,
            chunk: old.chunk_internal_k.unwrap_or(Superblock::DEFAULT_CHUNK_K),
        });
    }
    let message = match header(store)? {
        Some(header) => header.find::<BTreeK>(store)?,
        None => None,
    };
    Ok(match message {
        Some(k) => NodeK { group_leaf: k.group_leaf, group_internal: k.group_internal, chunk: k.chunk },
        None => NodeK { group_leaf: 4, group_internal: 16, chunk: Superblock::DEFAULT_CHUNK_K },
    })
}

/// The index of shared messages of one type.
pub(crate) fn shared_index(store: &Store, message_type: u16) -> Result<SharedIndex> {
    let message = match header(store)? {
        Some(header) => header.find::<SharedMessageTable>(store)?,
        None => None,
    };
    let Some(message) = message else {
        return Err(Error::format("a message is shared, but the file has no shared messages"));
    };
    let table =
        store.fetch::<MasterTable>(message.address.require("shared message table")?, &message.indexes)?;
    let bit = 1_u16.checked_shl(message_type.into()).unwrap_or(0);
    let index = table.indexes.iter().find(|index| index.message_types & bit != 0);
    index
        .copied()
        .ok_or_else(|| Error::format(format!("the file shares no messages of type {message_type:#06x}")))
}
