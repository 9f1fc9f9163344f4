//! The help of `h5 ls` and `h5 stat`.

use super::{Described, ERROR_STACK, HDFS, Help, PAGE_BUFFER, S3, Section};

pub(super) const LS: Help = Help {
    command: "ls",
    usage: "h5 ls [OPTIONS] FILE[/OBJECT]...",
    sections: &[
        Section {
            heading: "What is listed",
            options: &[
                Described("-r --recursive", "", "List groups in groups, too, each once"),
                Described("-g --group", "", "List a group itself instead of what is in it"),
                Described("--follow-symlinks", "", "List what soft and external links lead to"),
                Described("--no-dangling-links", "", "Fail if a link that is followed leads nowhere"),
                Described("-E --external", "", "Follow external links (use --follow-symlinks instead)"),
            ],
        },
        Section {
            heading: "What is said of it",
            options: &[
                Described("-v --verbose", "", "Print attributes, addresses, times, types and storage"),
                Described(
                    "-a --address",
                    "",
                    "With --verbose, print where the data of datasets is in the file",
                ),
                Described(
                    "-d --data",
                    "",
                    "Print the elements of datasets and, with --verbose, of attributes",
                ),
                Described("-f --full", "", "Print whole paths instead of the last part of each"),
            ],
        },
        Section {
            heading: "How it is printed",
            options: &[
                Described("-l --label", "", "Print the names of members of compound elements"),
                Described("-s --string", "", "Print one-byte integers as characters"),
                Described("-S --simple", "", "Print for programs: no decoration, one element a line"),
                Described(
                    "-x --hexdump",
                    "",
                    "Print elements as bytes; as with h5ls, only what separates these",
                ),
                Described(
                    "-w --width",
                    "N",
                    "Columns of a line; -w0 puts each element on a line of any length",
                ),
            ],
        },
        Section {
            heading: "How files are opened",
            options: &[
                Described("--vfd", "DRIVER", "The driver: sec2, core, log, stdio, family, split or multi"),
                Described("--vfd-name", "DRIVER", "As --vfd"),
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
                Described("--enable-error-stack", "", ERROR_STACK),
                Described("-e --errors", "", "As --enable-error-stack"),
                Described::VERSION,
                Described::HELP,
            ],
        },
    ],
    notes: "Options come before files. What follows the name of a file after a slash is the path of an object in \
            it.\nA file name may contain an integer format such as %05d, which opens a family of files.\n\nh5 ls \
            -rv data.h5          all objects, with all that is known of them\nh5 ls -d data.h5/group/set  one \
            dataset with its elements",
};

pub(super) const STAT: Help = Help {
    command: "stat",
    usage: "h5 stat [OPTIONS] FILE",
    sections: &[
        Section {
            heading: "What is printed (all but the metadata of groups and datasets, unless parts are asked for)",
            options: &[
                Described("-f", "", "How many objects and links there are"),
                Described("-F --filemetadata", "", "What the metadata of the file takes"),
                Described("-g", "", "How many groups have how many links"),
                Described("-G --groupmetadata", "", "What the metadata of groups takes"),
                Described("-d", "", "Ranks, sizes, layouts and filters of datasets"),
                Described("-D --dsetmetadata", "", "What the metadata of datasets takes"),
                Described("-T --dtypemetadata", "", "The datatypes of datasets"),
                Described("-A --attribute", "", "How many objects have how many attributes"),
                Described("-s --freespace", "", "The free space that the file keeps track of"),
                Described("-S --summary", "", "A summary of what takes the file's space"),
                Described("-O --object", "PATH", "Look at this object only, and print its name"),
            ],
        },
        Section {
            heading: "What is small",
            options: &[
                Described("-l --links", "N", "Groups with fewer links than this [default: 10]"),
                Described(
                    "-m --dims",
                    "N",
                    "One-dimensional datasets of fewer elements than this [default: 10]",
                ),
                Described("-a --numattrs", "N", "Objects with no more attributes than this [default: 10]"),
            ],
        },
        Section {
            heading: "Other",
            options: &[
                Described("-E --enable-error-stack", "[N]", ERROR_STACK),
                Described("-K --page-buffer-size", "N", PAGE_BUFFER),
                Described("-w --s3-cred", "CRED", S3),
                Described("-H --hdfs-attrs", "ATTRS", HDFS),
                Described::VERSION,
                Described::HELP,
            ],
        },
    ],
    notes: "Options come before the file.",
};
