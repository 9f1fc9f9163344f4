//! `on_disk!`: declaring a structure is declaring its layout.

/// Declares a structure whose fields, in order, are its bytes, and implements
/// [`Structure`](crate::format::Structure) for it with no context.
///
/// Every field type implements [`Field`](crate::format::fields::Field). A field that starts with
/// an underscore is a constant of the format; it has a `Default`.
macro_rules! on_disk {
    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident as $text:literal {
            $( $(#[$field_meta:meta])* $field_vis:vis $field:ident : $ty:ty ),* $(,)?
        }
    ) => {
        $(#[$meta])*
        $vis struct $name {
            $( $(#[$field_meta])* $field_vis $field : $ty ),*
        }

        impl $crate::format::Structure for $name {
            const NAME: &'static str = $text;
            type Context = ();

            fn decode(r: &mut $crate::format::Reader<'_>, (): &()) -> $crate::Result<Self> {
                Ok(Self {
                    $( $field: <$ty as $crate::format::fields::Field>::decode(r)
                        .map_err(|error| error.in_field(stringify!($field)))? ),*
                })
            }

            fn encode(&self, w: &mut $crate::format::Writer, (): &()) {
                $( $crate::format::fields::Field::encode(&self.$field, w); )*
            }
        }
    };
}
