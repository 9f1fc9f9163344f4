//! The help of `h5 diff`.

use super::{
    CONNECTOR, CONNECTOR_INFO, CONNECTOR_NUMBER, DRIVER_NUMBER, Described, ERROR_STACK, Help, Section,
};

pub(super) const DIFF: Help = Help {
    command: "diff",
    usage: "h5 diff [OPTIONS] FILE1 FILE2 [OBJECT1 [OBJECT2]]",
    sections: &[
        Section {
            heading: "What is printed",
            options: &[
                Described("-r --report", "", "The differences, besides how many there are"),
                Described(
                    "-v --verbose",
                    "[N]",
                    "A list of objects, too; -v1, -v2: with attributes; -v3: with file names",
                ),
                Described("-q --quiet", "", "Nothing; the exit code tells"),
                Described("-c --compare", "", "Objects that cannot be compared"),
                Described("-n --count", "N", "No more differences of an object than this"),
            ],
        },
        Section {
            heading: "What is a difference",
            options: &[
                Described("-d --delta", "D", "Only |a-b| > D"),
                Described("-p --relative", "R", "Only |(a-b)/a| > R"),
                Described("--use-system-epsilon", "", "Only what is more than the precision of the type"),
                Described("-N --nan", "", "Do not look for values that are no numbers"),
            ],
        },
        Section {
            heading: "What is compared",
            options: &[
                Described("--follow-symlinks", "", "What soft and external links lead to, not their paths"),
                Described("--no-dangling-links", "", "Fail if a link that is followed leads nowhere"),
                Described("--exclude-path", "PATH", "Nothing at this path or below; may be repeated"),
                Described("--exclude-attribute", "PATH", "Not the attribute at this path; may be repeated"),
                Described("--no-compact-subset", "", "Take a [ in a path for a part of a name"),
            ],
        },
        Section {
            heading: "How files are opened (-1: the first, -2: the second)",
            options: &[
                Described(
                    "--vfd-name-1",
                    "DRIVER",
                    "The driver of the first file, such as sec2, core or family",
                ),
                Described("--vfd-name-2", "DRIVER", "The driver of the second file"),
                Described("--vfd-value-1", "N", DRIVER_NUMBER),
                Described("--vfd-value-2", "N", DRIVER_NUMBER),
                Described("--vfd-info-1", "INFO", "What the driver of the first file needs to know"),
                Described("--vfd-info-2", "INFO", "What the driver of the second file needs to know"),
                Described("--vol-name-1", "NAME", CONNECTOR),
                Described("--vol-name-2", "NAME", CONNECTOR),
                Described("--vol-value-1", "N", CONNECTOR_NUMBER),
                Described("--vol-value-2", "N", CONNECTOR_NUMBER),
                Described("--vol-info-1", "INFO", CONNECTOR_INFO),
                Described("--vol-info-2", "INFO", CONNECTOR_INFO),
                Described::PAGE_BUFFER,
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
    notes: "Without objects the files' root groups are compared, with all that is in them; with one object, the \
            two of that\npath. A part of a dataset may be written after its path: PATH[START;STRIDE;COUNT;BLOCK].\n\n\
            The exit code is 0 if there is no difference, 1 if there is one, and 2 after an error.\n\n\
            h5 diff -r old.h5 new.h5                    all differences\n\
            h5 diff -d 1e-6 old.h5 new.h5 /set          those of a dataset that are not tiny\n\
            h5 diff one.h5 one.h5 /set1 /set2           two datasets of one file",
};
