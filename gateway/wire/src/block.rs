//! Blocks, groups, and the macro that turns a table of the schema into an encoder and a decoder.
//!
//! Reading follows the sender's block lengths, so that a newer sender's additions are skipped. In
//! a version that is known nothing may be added and nothing may be left over.

use crate::frame::{Frame, write_headers};
use crate::generated::VERSION;
use crate::limits::{FRAME_BYTES_MAX, FRAME_BYTES_MIN, GROUP_ENTRIES_MAX};
use crate::value::Value;
use ringpit_core::command::LIST_CAPACITY;
use ringpit_core::{List, Reason};

/// Bytes before a group's entries: their block length and their number.
const GROUP_HEADER_BYTES: usize = 4;

/// What is wrong with a message, as BusinessReject says it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("template {template_id} field {field_id}: {}", reason.word())]
pub struct Fault {
    /// Which message.
    pub template_id: u16,
    /// Which field or group; 0 for the frame.
    pub field_id: u16,
    /// Which entry of the group, counted from 1.
    pub group_index: Option<u16>,
    /// Why.
    pub reason: Reason,
}

/// The same before the template is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct FieldFault {
    pub field_id: u16,
    pub group_index: Option<u16>,
    pub reason: Reason,
}

impl FieldFault {
    pub(crate) const fn new(field_id: u16, reason: Reason) -> Self {
        Self { field_id, group_index: None, reason }
    }

    pub(crate) const fn of(self, template_id: u16) -> Fault {
        Fault {
            template_id,
            field_id: self.field_id,
            group_index: self.group_index,
            reason: self.reason,
        }
    }
}

/// A message's or a group entry's place in the schema.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MessageLayout {
    /// The schema's name of it.
    pub name: &'static str,
    /// Template id.
    pub template_id: u16,
    /// Bytes of the root block.
    pub block_length: usize,
    /// The root block's fields.
    pub fields: &'static [FieldLayout],
    /// The groups.
    pub groups: &'static [GroupLayout],
}

/// A field's place in its block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FieldLayout {
    /// The schema's name of it.
    pub name: &'static str,
    /// FIX tag, or 20001 and above.
    pub id: u16,
    /// Bytes before it in the block.
    pub offset: usize,
    /// Bytes.
    pub size: usize,
    /// Whether it may be null.
    pub optional: bool,
}

/// A group's place in its message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GroupLayout {
    /// The schema's name of it.
    pub name: &'static str,
    /// FIX tag, or 20001 and above.
    pub id: u16,
    /// Bytes of one entry.
    pub block_length: usize,
    /// An entry's fields.
    pub fields: &'static [FieldLayout],
}

/// A message that can be written and read.
pub(crate) trait Message: Sized {
    const LAYOUT: MessageLayout;
    const TEMPLATE_ID: u16 = Self::LAYOUT.template_id;
    fn put(&self, out: &mut Out<'_>) -> Option<()>;
    fn get(input: &mut In<'_>) -> Result<Self, FieldFault>;
    /// Whether every value reads again as what it is.
    fn fits(&self) -> bool;
}

/// An entry of a group.
pub(crate) trait Entry: Copy + Default {
    const FIELDS: &'static [FieldLayout];
    const BLOCK_LENGTH: usize;
    fn put(&self, block: &mut [u8]);
    fn get(block: &[u8]) -> Result<Self, FieldFault>;
    fn fits(&self) -> bool;
}

/// A list that lies in a group; an absent one is an empty group.
pub(crate) trait Entries: Sized {
    type Entry: Entry;
    fn entries(&self) -> &[Self::Entry];
    fn from_entries(entries: List<Self::Entry, LIST_CAPACITY>) -> Self;
    fn fits(&self) -> bool {
        let entries = self.entries();
        entries.len() <= GROUP_ENTRIES_MAX && entries.iter().all(Entry::fits)
    }
}

impl<E: Entry> Entries for List<E, LIST_CAPACITY> {
    type Entry = E;
    fn entries(&self) -> &[E] {
        self.as_slice()
    }
    fn from_entries(entries: Self) -> Self {
        entries
    }
}

impl<E: Entry> Entries for Option<List<E, LIST_CAPACITY>> {
    type Entry = E;
    fn entries(&self) -> &[E] {
        self.as_ref().map_or(&[], List::as_slice)
    }
    fn from_entries(entries: List<E, LIST_CAPACITY>) -> Self {
        (!entries.is_empty()).then_some(entries)
    }
}

/// Where a message is written: the root block, then the groups.
pub(crate) struct Out<'a> {
    pub block: &'a mut [u8],
    rest: &'a mut [u8],
    written: usize,
}

impl Out<'_> {
    /// Writes a group; `None` when it is too long or does not fit.
    pub(crate) fn group<L: Entries>(&mut self, list: &L) -> Option<()> {
        let entries = list.entries();
        let size = L::Entry::BLOCK_LENGTH;
        if entries.len() > GROUP_ENTRIES_MAX {
            return None;
        }
        let bytes = GROUP_HEADER_BYTES + entries.len() * size;
        let group = self.rest.get_mut(self.written..self.written + bytes)?;
        (size as u16).put(&mut group[0..2]);
        (entries.len() as u16).put(&mut group[2..4]);
        for (entry, block) in entries.iter().zip(group[GROUP_HEADER_BYTES..].chunks_exact_mut(size))
        {
            entry.put(block);
        }
        self.written += bytes;
        Some(())
    }
}

/// Writes a message as a frame to the start of `buffer`; gives its length in bytes, or `None` when
/// the buffer is too small or a list longer than 16.
pub(crate) fn write<M: Message>(
    message: &M,
    buffer: &mut [u8],
    fill: impl FnOnce(&mut [u8]),
) -> Option<usize> {
    let limit = buffer.len().min(FRAME_BYTES_MAX);
    let body = buffer.get_mut(FRAME_BYTES_MIN..limit)?;
    let (block, rest) = body.split_at_mut_checked(M::LAYOUT.block_length)?;
    let mut out = Out { block, rest, written: 0 };
    message.put(&mut out)?;
    fill(out.block);
    let length = FRAME_BYTES_MIN + M::LAYOUT.block_length + out.written;
    write_headers(&mut buffer[..length], M::LAYOUT.block_length as u16, M::TEMPLATE_ID, VERSION);
    Some(length)
}

/// Where a message is read from.
pub(crate) struct In<'a> {
    pub block: &'a [u8],
    rest: &'a [u8],
    known_version: bool,
}

impl<'a> In<'a> {
    /// The root block and what follows it, if their lengths are possible.
    fn new(frame: &Frame<'a>, block_length: usize) -> Option<Self> {
        let known_version = frame.version() <= VERSION;
        let sent = usize::from(frame.block_length());
        let (block, rest) = frame.body().split_at_checked(sent)?;
        let possible = sent == block_length || (sent > block_length && !known_version);
        possible.then_some(Self { block, rest, known_version })
    }

    /// Reads a group.
    pub(crate) fn group<L: Entries>(&mut self, id: u16) -> Result<L, FieldFault> {
        let fault = FieldFault::new(id, Reason::BadGroup);
        let (header, rest) = self.rest.split_at_checked(GROUP_HEADER_BYTES).ok_or(fault)?;
        let word = |at: usize| usize::from(u16::from_le_bytes([header[at], header[at + 1]]));
        let (size, count) = (word(0), word(2));
        let expected = L::Entry::BLOCK_LENGTH;
        let possible = size == expected || (size > expected && !self.known_version) || count == 0;
        if !possible || count > GROUP_ENTRIES_MAX {
            return Err(fault);
        }
        let (blocks, rest) = rest.split_at_checked(size * count).ok_or(fault)?;
        self.rest = rest;
        let mut list = List::new();
        if count > 0 {
            for (index, block) in blocks.chunks_exact(size).enumerate() {
                let at = |fault| FieldFault { group_index: Some(index as u16 + 1), ..fault };
                list.push(L::Entry::get(block).map_err(at)?).map_err(|_| fault)?;
            }
        }
        Ok(L::from_entries(list))
    }
}

/// Reads a message; `more` reads what is not part of it from the root block.
pub(crate) fn read<M: Message, T>(
    frame: &Frame<'_>,
    more: impl FnOnce(&[u8]) -> Result<T, FieldFault>,
) -> Result<(M, T), Fault> {
    let length_fault = FieldFault::new(0, Reason::BadLength);
    let parse = || {
        let mut input = In::new(frame, M::LAYOUT.block_length).ok_or(length_fault)?;
        let extra = more(input.block)?;
        let message = M::get(&mut input)?;
        if input.known_version && !input.rest.is_empty() {
            return Err(length_fault);
        }
        Ok((message, extra))
    };
    parse().map_err(|fault: FieldFault| fault.of(M::TEMPLATE_ID))
}

/// Reads the value that lies at `AT` in a block.
pub(crate) fn get<V: Value, const AT: usize, const SIZE: usize>(
    block: &[u8],
    id: u16,
) -> Result<V, FieldFault> {
    const { assert!(V::SIZE == SIZE) };
    V::get(&block[AT..AT + SIZE]).map_err(|reason| FieldFault::new(id, reason))
}

/// Writes a value to where it lies in a block.
pub(crate) fn put<V: Value, const AT: usize, const SIZE: usize, const OPTIONAL: bool>(
    value: &V,
    block: &mut [u8],
) {
    const { assert!(V::SIZE == SIZE && (V::OPTIONAL == OPTIONAL || OPTIONAL)) };
    value.put(&mut block[AT..AT + SIZE]);
}

/// Makes a table of the schema an implementation of `Message` or `Entry`. A field is
/// `rust_name = "schemaName" #id [offset; size] optional`, with `or default` where the vocabulary
/// has a default for an absent one; `prefix` holds the fields that are not the message's own.
macro_rules! layout {
    (message $name:ident $message:literal = $template:literal, $length:literal
        prefix { $($pwire:literal #$pid:literal [$pat:literal; $psize:literal] $popt:literal,)* }
        { $($field:ident = $wire:literal #$id:literal [$at:literal; $size:literal] $opt:literal $(or $default:expr)?,)* }
        groups { $($group:ident: $entry:ty = $gwire:literal #$gid:literal,)* }
    ) => {
        impl $crate::block::Message for $name {
            const LAYOUT: $crate::block::MessageLayout = $crate::block::MessageLayout {
                name: $message,
                template_id: $template,
                block_length: $length,
                fields: &[
                    $($crate::block::FieldLayout { name: $pwire, id: $pid, offset: $pat, size: $psize, optional: $popt },)*
                    $($crate::block::FieldLayout { name: $wire, id: $id, offset: $at, size: $size, optional: $opt },)*
                ],
                groups: &[$($crate::block::GroupLayout {
                    name: $gwire,
                    id: $gid,
                    block_length: <$entry as $crate::block::Entry>::BLOCK_LENGTH,
                    fields: <$entry as $crate::block::Entry>::FIELDS,
                },)*],
            };
            #[inline]
            fn put(&self, out: &mut $crate::block::Out<'_>) -> Option<()> {
                $($crate::block::put::<_, $at, $size, $opt>(&self.$field, out.block);)*
                $(out.group(&self.$group)?;)*
                let _ = out;
                Some(())
            }
            #[inline]
            fn get(input: &mut $crate::block::In<'_>) -> Result<Self, $crate::block::FieldFault> {
                let _ = &input;
                Ok(Self {
                    $($field: layout!(@get input.block, $at, $size, $id $(, $default)?),)*
                    $($group: input.group($gid)?,)*
                })
            }
            fn fits(&self) -> bool {
                $($crate::value::Value::fits(&self.$field) &&)*
                $($crate::block::Entries::fits(&self.$group) &&)*
                true
            }
        }
    };
    (entry $name:ident = $length:literal
        { $($field:ident = $wire:literal #$id:literal [$at:literal; $size:literal] $opt:literal,)* }
    ) => {
        impl $crate::block::Entry for $name {
            const FIELDS: &'static [$crate::block::FieldLayout] = &[
                $($crate::block::FieldLayout { name: $wire, id: $id, offset: $at, size: $size, optional: $opt },)*
            ];
            const BLOCK_LENGTH: usize = $length;
            #[inline]
            fn put(&self, block: &mut [u8]) {
                $($crate::block::put::<_, $at, $size, $opt>(&self.$field, block);)*
            }
            #[inline]
            fn get(block: &[u8]) -> Result<Self, $crate::block::FieldFault> {
                Ok(Self { $($field: $crate::block::get::<_, $at, $size>(block, $id)?,)* })
            }
            fn fits(&self) -> bool {
                $($crate::value::Value::fits(&self.$field) &&)* true
            }
        }
    };
    (@get $block:expr, $at:literal, $size:literal, $id:literal) => {
        $crate::block::get::<_, $at, $size>($block, $id)?
    };
    (@get $block:expr, $at:literal, $size:literal, $id:literal, $default:expr) => {
        $crate::block::get::<Option<_>, $at, $size>($block, $id)?.unwrap_or($default)
    };
}
pub(crate) use layout;
