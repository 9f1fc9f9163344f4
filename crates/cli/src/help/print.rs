//! The help of `h5 dump`.

use super::{Described, ERROR_STACK, Help, Section};

pub(super) const DUMP: Help = Help {
    command: "dump",
    usage: "h5 dump [OPTIONS] FILE...",
    sections: &[
        Section {
            heading: "What is printed (the whole file, unless objects are asked for)",
            options: &[
                Described("-d --dataset", "PATH", "A dataset"),
                Described("-g --group", "PATH", "A group and all that is in it"),
                Described("-a --attribute", "PATH", "An attribute; a slash in its name is written \\/"),
                Described("-t --datatype", "PATH", "A named datatype"),
                Described("-l --soft-link", "PATH", "A soft link"),
                Described("-N --any_path", "PATH", "All that has this name, or ends in this path"),
                Described("-n --contents", "[1]", "A list of all objects instead; 1: with attributes"),
                Described("-B --superblock", "", "The superblock, too"),
                Described("-H --header", "", "Types and shapes only, no elements"),
                Described("-A --onlyattr", "[0]", "Attributes only; 0: no attributes"),
                Described("-i --object-ids", "", "The numbers of objects, too, as the C tool counts them"),
                Described("-p --properties", "", "Storage, filters, fill values and allocation times, too"),
                Described("-R --region", "", "The elements of regions that references lead to, too"),
            ],
        },
        Section {
            heading: "A part of a dataset (lists of numbers, one for each dimension)",
            options: &[
                Described("-s --start", "LIST", "Where the part starts [default: 0 in each dimension]"),
                Described("-S --stride", "LIST", "From block to block [default: 1 in each dimension]"),
                Described("-c --count", "LIST", "How many blocks [default: 1 in each dimension]"),
                Described("-k --block", "LIST", "The size of a block [default: 1 in each dimension]"),
                Described("-M --packedbits", "LIST", "Of integers, these bits only: OFFSET,LENGTH,..."),
                Described("--no-compact-subset", "", "Take a [ in a path for a part of a name"),
                Described(
                    "--vds-view-first-missing",
                    "",
                    "Virtual datasets end before the first missing source",
                ),
                Described("--vds-gap-size", "N", "Virtual datasets go on after this many missing sources"),
            ],
        },
        Section {
            heading: "How it is printed",
            options: &[
                Described("-e --escape", "", "Write characters that cannot be printed as escape sequences"),
                Described("-r --string", "", "Print one-byte integers as characters"),
                Described("-y --noindex", "", "Print no indices before elements"),
                Described("-m --format", "FORMAT", "How floating-point numbers are printed, such as %.3f"),
                Described("-q --sort_by", "ORDER", "Order of links and attributes: name or creation_order"),
                Described("-z --sort_order", "ORDER", "ascending or descending"),
                Described("-w --width", "N", "Columns of a line; 0 is as many as there can be [default: 80]"),
            ],
        },
        Section {
            heading: "Where it is written to",
            options: &[
                Described("-o --output", "FILE", "Write elements to this file"),
                Described("-b --binary", "FORM", "In binary: NATIVE, FILE, LE or BE"),
                Described(
                    "-O --ddl",
                    "FILE",
                    "Write all but the elements to this file; nowhere, if it is empty",
                ),
            ],
        },
        Section {
            heading: "XML",
            options: &[
                Described("-x --xml", "", "Print XML of the HDF5 schema"),
                Described("-u --use-dtd", "", "Print XML of the HDF5 document type definition"),
                Described("-D --xml-dtd", "URI", "The schema or definition to name"),
                Described("-X --xml-ns", "NS", "The namespace to use; \":\" is none [default: hdf5:]"),
            ],
        },
        Section {
            heading: "How files are opened",
            options: &[
                Described(
                    "-f --filedriver",
                    "DRIVER",
                    "The driver: sec2, core, stdio, family, split, multi and more",
                ),
                Described("--vfd-name", "DRIVER", "As --filedriver"),
                Described::DRIVER_NUMBER,
                Described::DRIVER_INFO,
                Described::CONNECTOR,
                Described::CONNECTOR_NUMBER,
                Described::CONNECTOR_INFO,
                Described::PAGE_BUFFER,
                Described::S3,
                Described::HDFS,
            ],
        },
        Section {
            heading: "Other",
            options: &[
                Described("--enable-error-stack", "[N]", ERROR_STACK),
                Described::VERSION,
                Described::HELP,
            ],
        },
    ],
    notes: "Options come before files. A part of a dataset may also be written after its path:\n\
            PATH[START;STRIDE;COUNT;BLOCK].\n\n\
            h5 dump -H data.h5                           types and shapes of all objects\n\
            h5 dump -d '/set[0,0;;10,1;]' data.h5        ten rows of the first column\n\
            h5 dump -a /group/units data.h5              one attribute\n\
            h5 dump -d /set -b LE -o set.bin data.h5     the elements, as bytes in a file\n\
            h5 dump -f family part%05d.h5                a family of files",
};
