//! Stands in for the fractal heap until it is there: dense storage is refused.
use crate::Result;
use crate::store::Store;
pub(crate) struct FractalHeap;
pub(crate) struct HeapParams;
impl HeapParams {
    pub(crate) const LINKS: Self = Self;
    pub(crate) const ATTRIBUTES: Self = Self;
}
impl FractalHeap {
    pub(crate) fn open(_: &Store, _: u64) -> Result<Self> {
        Err(crate::Error::unsupported("dense storage of links and attributes"))
    }
    pub(crate) fn create(_: &mut Store, _: &HeapParams) -> Result<Self> {
        Err(crate::Error::unsupported("dense storage of links and attributes"))
    }
    pub(crate) fn address(&self) -> u64 {
        0
    }
    pub(crate) fn get(&self, _: &Store, _: &[u8]) -> Result<Vec<u8>> {
        Err(crate::Error::unsupported("dense storage of links and attributes"))
    }
    pub(crate) fn insert(&mut self, _: &mut Store, _: &[u8]) -> Result<Vec<u8>> {
        Err(crate::Error::unsupported("dense storage of links and attributes"))
    }
    pub(crate) fn remove(&mut self, _: &mut Store, _: &[u8]) -> Result<()> {
        Err(crate::Error::unsupported("dense storage of links and attributes"))
    }
    pub(crate) fn delete(self, _: &mut Store) -> Result<()> {
        Err(crate::Error::unsupported("dense storage of links and attributes"))
    }
}
