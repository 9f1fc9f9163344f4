#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
use super::*;
use crate::format::message::object::{Comment, Continuation};
use crate::format::object_header::FirstChunk;
use crate::object::testing::{fixture, object};

fn comment(len: usize) -> Comment {
    Comment { text: vec![b'x'; len] }
}

/// Messages of type 0x0D, of these lengths, terminating NUL included.
fn comments(header: &Header) -> Vec<usize> {
    header.of::<Comment>().map(|message| message.body.len()).collect()
}

fn new_header(store: &mut Store, lens: &[usize], options: &HeaderOptions) -> u64 {
    let widths = store.widths();
    let messages = lens.iter().map(|&len| Message::new(&comment(len - 1), widths).unwrap()).collect();
    create(store, messages, options).unwrap()
}

#[test]
fn what_does_not_fit_goes_to_one_continuation() {
    let mut store = Store::for_tests();
    let address = new_header(&mut store, &[20, 600, 30], &HeaderOptions::default());
    let header = load(&store, address).unwrap();
    assert_eq!(comments(&header), [20, 30, 600]);
    assert_eq!(header.chunks().count(), 2);
    assert_eq!(header.first.len, 512);

    for len in [100, 200, 300, 5000] {
        update(&mut store, address, Rank::Linking, |header| header.push(&comment(len - 1), 0)).unwrap();
    }
    let header = load(&store, address).unwrap();
    assert_eq!(comments(&header), [20, 30, 100, 200, 600, 300, 5000]);
    assert_eq!(header.chunks().count(), 2, "the continuation grows");
    assert_eq!(header.first, ChunkExtent { address, len: 512 });

    update(&mut store, address, Rank::Linking, |header| {
        header.remove::<Comment>();
        Ok(())
    })
    .unwrap();
    assert_eq!(load(&store, address).unwrap().chunks().count(), 1);
}

#[test]
fn a_continuation_moves_once_in_each_transaction_and_only_if_it_changes() {
    let mut store = Store::for_tests();
    let address = new_header(&mut store, &[20, 600], &HeaderOptions { reserve: 200, ..Default::default() });
    let place = |store: &Store| load(store, address).unwrap().continuations[0];
    let change = |store: &mut Store, at: usize| {
        update(store, address, Rank::Linking, |header| {
            Arc::make_mut(&mut header.message_mut(at).unwrap().body)[0] ^= 1;
            Ok(())
        })
        .unwrap();
    };
    let first = place(&store);
    change(&mut store, 1);
    assert_eq!(place(&store), first, "new in this transaction");
    store.commit().unwrap();
    change(&mut store, 0);
    assert_eq!(place(&store), first, "the change is in the first chunk");
    change(&mut store, 1);
    let second = place(&store);
    assert_ne!(second.address, first.address, "what the commit left is not overwritten");
    change(&mut store, 1);
    assert_eq!(place(&store), second);
}

#[test]
fn small_headers_are_small_and_lie_in_a_sector() {
    let mut store = Store::for_tests();
    for (needed, reserve, len) in [(30, 0, 80), (60, 90, 168), (90, 130, 256), (200, 100, 512), (700, 0, 512)]
    {
        let address = new_header(&mut store, &[needed], &HeaderOptions { reserve, ..Default::default() });
        let header = load(&store, address).unwrap();
        assert_eq!(header.first.len, len, "{needed} bytes now, {reserve} later");
        assert_eq!(comments(&header), [needed]);
    }
}

#[test]
fn options_are_in_the_prefix() {
    let mut store = Store::for_tests();
    let phase_change = PhaseChange { max_compact: 3, min_dense: 2 };
    let options = HeaderOptions {
        time: Some(1_600_000_000),
        phase_change: Some(phase_change),
        attribute_order: CreationOrder::Indexed,
        reserve: 0,
    };
    let address = new_header(&mut store, &[8, 600], &options);
    update(&mut store, address, Rank::Linking, |header| header.set_reference_count(7)).unwrap();
    let header = load(&store, address).unwrap();
    assert_eq!(header.times().unwrap().birth, 1_600_000_000);
    assert_eq!(header.phase_change(), phase_change);
    assert_eq!(header.attribute_order(), CreationOrder::Indexed);
    assert_eq!(header.reference_count(&store).unwrap(), 7);
    update(&mut store, address, Rank::Released, |header| header.set_reference_count(1)).unwrap();
    assert!(!load(&store, address).unwrap().has::<ReferenceCount>());
}

/// A version 1 header of the C library keeps its first chunk and all its messages.
#[test]
fn old_headers_are_edited_in_place() {
    let (mut store, root) = fixture("groups-few-earliest");
    let before = load(&store, root).unwrap();
    assert_eq!(before.version(), 1);
    for count in 1..=9 {
        update(&mut store, root, Rank::Linking, |header| header.push(&comment(99), 0)).unwrap();
        let header = load(&store, root).unwrap();
        // Version 1 pads bodies to multiples of 8 bytes.
        assert_eq!(comments(&header), vec![104; count]);
        assert_eq!(header.first, before.first);
        assert_eq!(header.messages()[0], before.messages()[0]);
        let chunk = store.fetch::<FirstChunk>(root, &()).unwrap();
        let Prefix::V1(prefix) = &chunk.prefix else { panic!("version 1") };
        let shape = crate::format::object_header::ContinuationShape {
            messages: header.shape(),
            len: header.continuations[0].len,
        };
        let continued = store
            .fetch::<crate::format::object_header::ContinuationChunk>(header.continuations[0].address, &shape)
            .unwrap();
        let stored = chunk.area.messages.len() + continued.area.messages.len();
        assert_eq!(usize::from(prefix.message_count), stored, "NIL messages count");
    }
    update(&mut store, root, Rank::Linking, |header| header.set_reference_count(3)).unwrap();
    assert_eq!(load(&store, root).unwrap().reference_count(&store).unwrap(), 3);
}

#[test]
fn unknown_messages_are_kept_marked_or_refused() {
    let mut store = Store::for_tests();
    let unknown = |flags| Message { kind: 0x55, flags, creation_index: None, body: vec![1, 2, 3].into() };
    let messages = vec![unknown(0), unknown(flags::MARK_IF_UNKNOWN)];
    let address = create(&mut store, messages, &HeaderOptions { reserve: 50, ..Default::default() }).unwrap();
    update(&mut store, address, Rank::Linking, |header| header.push(&comment(3), 0)).unwrap();
    let header = load(&store, address).unwrap();
    let marked = flags::MARK_IF_UNKNOWN | flags::WAS_UNKNOWN;
    assert_eq!(header.messages()[..2], [unknown(0), unknown(marked)]);

    for fatal in [flags::FAIL_IF_UNKNOWN, flags::FAIL_IF_UNKNOWN_AND_WRITING] {
        let address = create(&mut store, vec![unknown(fatal)], &HeaderOptions::default()).unwrap();
        assert_eq!(load(&store, address).unwrap_err().kind(), crate::ErrorKind::Unsupported);
    }
}

#[test]
fn continuations_in_a_cycle_are_an_error() {
    let mut store = Store::for_tests();
    let address = new_header(&mut store, &[20, 600], &HeaderOptions::default());
    let chunk = load(&store, address).unwrap().continuations[0];
    let pointer = Continuation {
        address: crate::format::Address::new(chunk.address),
        length: crate::format::fields::Length(chunk.len),
    };
    let shape = crate::format::object_header::ContinuationShape {
        messages: MessageShape::V2 { creation_index: false },
        len: chunk.len,
    };
    let mut area = MessageArea { messages: vec![Message::new(&pointer, store.widths()).unwrap()], gap: 0 };
    area.fill(chunk.len as usize - 8, shape.messages);
    let continued = crate::format::object_header::ContinuationChunk { area };
    store.put(chunk.address, continued, &shape, Rank::Linked).unwrap();
    let error = load(&store, address).unwrap_err();
    assert!(error.message().contains("cycle"), "{error}");
}

#[test]
fn a_message_too_large_for_a_header_is_refused() {
    let mut store = Store::for_tests();
    let address = new_header(&mut store, &[8], &HeaderOptions::default());
    let error =
        update(&mut store, address, Rank::Linking, |header| header.push(&comment(65535), 0)).unwrap_err();
    assert_eq!(error.kind(), crate::ErrorKind::Limit);
    update(&mut store, address, Rank::Linking, |header| header.push(&comment(65534), 0)).unwrap();
    assert_eq!(comments(&load(&store, address).unwrap()), [8, 65535]);
}

#[test]
fn shared_datatypes_are_found_where_they_are_committed() {
    use crate::format::message::datatype::Datatype;
    for name in ["datatypes-committed-earliest", "datatypes-committed-latest"] {
        let (store, root) = fixture(name);
        let mut shared = 0;
        let mut groups = vec![(String::from("/"), root)];
        while let Some((path, group)) = groups.pop() {
            for link in
                crate::object::links::list(&store, group, crate::object::links::ListOrder::ByName).unwrap()
            {
                let path = format!("{path}{}/", String::from_utf8_lossy(&link.name));
                let address = object(&store, root, &path);
                match crate::object::group::kind(&store, address).unwrap() {
                    crate::object::group::Kind::Group => groups.push((path, address)),
                    _ => {
                        let header = load(&store, address).unwrap();
                        header.require::<Datatype>(&store).unwrap();
                        shared += header.of::<Datatype>().filter(|message| message.is_shared()).count();
                    }
                }
            }
        }
        assert!(shared > 0, "{name}");
    }
}
