"""Families, and files with a metadata cache image: ours and those of libhdf5, edited by each in turn."""

import shutil

import edits
import h5py
import rich
from generate import drivers
from generate.base import access, c, file_plist


def family(size, bound="latest"):
    fapl = access(bound)
    c("H5Pset_fapl_family", fapl, size, 0)
    return fapl


def opened(path, size, flags=h5py.h5f.ACC_RDWR, bound="latest"):
    return h5py.File(h5py.h5f.open(str(path).encode(), flags, family(size, bound)))


def refused(work):
    try:
        work()
    except Exception:
        return True
    return False


def fresh(context, name):
    folder = context.work / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


def libhdf5_reads_and_edits_our_family(context):
    folder = fresh(context, "family-ours")
    path = folder / "rich-%03d.h5"
    context.example("rich", path, 10_000)
    sizes = [member.stat().st_size for member in sorted(folder.glob("rich-*.h5"))]
    assert len(sizes) > 5 and set(sizes[:-1]) == {10_000} and 0 < sizes[-1] <= 10_000, sizes
    for size in (0, 10_000):
        with opened(path, size, h5py.h5f.ACC_RDONLY) as file:
            rich.check_layouts(file["layouts"])
            rich.check_types(file["types"])
            rich.check_groups(file)
    for size in (1, 4096, 9_999, 10_001, 20_000):
        assert refused(lambda size=size: opened(path, size, h5py.h5f.ACC_RDONLY)), size
    context.run("h5dump", "--filedriver=family", "-H", path)
    with opened(path, 10_000) as file:
        for nth in range(20):
            file.create_dataset(f"theirs {nth}", data=[nth] * 3000)
        del file["layouts/contiguous"]
    for nth in range(20):
        listed = context.h5("dump", "--filedriver=family", "-d", f"theirs {nth}", "-s", "7", "-c", "2", path).decode()
        assert f"(7): {nth}, {nth}" in listed, listed
    context.run("h5repart", "-m", "1m", path, folder / "whole-%d.h5")
    assert len(list(folder.glob("whole-*"))) == 1
    context.h5("dump", "--filedriver=family", folder / "whole-%d.h5")


def families_are_edited_in_turn(context):
    for bound in ("v110", "latest"):
        folder = fresh(context, f"family-edits-{bound}")
        path = folder / "part-%02d.h5"
        libver = (bound, bound)
        edits.make(path, libver, driver="family", memb_size=6000)
        with opened(path, 0, h5py.h5f.ACC_RDONLY) as file:
            model = edits.Model(file)
        for number in (1, 2, 3):
            context.example("edit", path, 0 if number == 2 else 6000)
            model.edit(number)
            with opened(path, 6000, h5py.h5f.ACC_RDONLY) as file:
                model.check(file, number)
            with h5py.File(path, "r+", libver=libver, driver="family", memb_size=6000) as file:
                edits.edit_with_h5py(file, model, number)
        ours = context.h5("dump", "--filedriver=family", "-d", "plane", path).decode()
        if bound != "latest":
            theirs = context.h5dump(path, "--filedriver=family", "-d", "plane")
            assert ours == theirs


def damaged_families_are_refused_as_by_libhdf5(context):
    for bound in ("earliest", "v18", "latest"):
        whole = fresh(context, f"family-{bound}-whole")
        with drivers.create(str(whole / "f-%02d.h5"), bound, fapl=family(2048, bound)) as file:
            drivers.small_tree(file)
        members = [member for member in sorted(whole.glob("f-*.h5")) if member.stat().st_size > 100]
        cut = {"missing": None, "empty": 0, "short": 100}
        for damage, length in cut.items():
            for number in range(len(members)):
                folder = context.work / f"family-{bound}-{damage}-{number}"
                shutil.rmtree(folder, ignore_errors=True)
                shutil.copytree(whole, folder)
                member = folder / members[number].name
                if length is None:
                    member.unlink()
                else:
                    member.write_bytes(member.read_bytes()[:length])
                path = folder / "f-%02d.h5"

                def read(path=path):
                    with opened(path, 2048, h5py.h5f.ACC_RDONLY) as file:
                        file.visititems(lambda _, found: found[...] if isinstance(found, h5py.Dataset) else None)

                theirs = refused(lambda: opened(path, 2048, h5py.h5f.ACC_RDONLY).close())
                ours = refused(lambda path=path: context.h5("dump", "--filedriver=family", path))
                # What is short in the middle has zeros for libhdf5, and is damaged for us.
                assert ours or not (theirs or refused(read)), (bound, damage, number)
                if number == len(members) - 1 or length is None:
                    assert theirs and ours, (bound, damage, number)


def with_image(path, low):
    """The file, open for changes; what is in the cache goes to an image when it is closed."""
    return h5py.File(h5py.h5f.open(str(path).encode(), h5py.h5f.ACC_RDWR, drivers.image_access(low)))


def files_with_a_cache_image_are_edited(context):
    for low in ("v110", "latest"):
        for persist in (False, True):
            path = context.work / f"cache-image-{low}-{persist}.h5"
            edits.make(path, (low, low), fs_strategy="fsm", fs_persist=persist, fs_threshold=1)
            with with_image(path, low) as file:
                model = edits.Model(file)
            for number in (1, 2, 3):
                assert b"MDCI" in path.read_bytes()
                context.example("edit", path)
                model.edit(number)
                with h5py.File(path) as file:
                    model.check(file, number)
                context.keep(path, f"{path.stem}-ours-{number}")
                with with_image(path, low) as file:
                    edits.edit_with_h5py(file, model, number)
            small = context.work / f"cache-image-small-{low}-{persist}.h5"
            fcpl = file_plist(set_file_space_strategy=(0, persist, 1))
            with drivers.create(str(small), low, fcpl, drivers.image_access(low)) as file:
                drivers.several_groups(file)
            context.keep(small, small.stem)


def revisions_are_those_of_libhdf5(context):
    """The fixtures are compared in full; this makes many revisions, with other pages."""
    path = context.work / "onion.h5"
    for old in context.work.glob("onion.h5*"):
        old.unlink()
    with drivers.create(str(path), "latest") as file:
        drivers.small_tree(file)
    for revision in range(12):
        fapl = drivers.onion_access("latest", comment=b"x" * revision, page_size=64)
        with h5py.File(h5py.h5f.open(str(path).encode(), h5py.h5f.ACC_RDWR, fapl)) as file:
            file[f"revision {revision}"] = [revision] * 500
    for revision in range(13):
        found = context.h5("dump", "--vfd-name=onion", f"--vfd-info={revision}", "-n", path).decode()
        assert found.count("/revision ") == revision, (revision, found)


CHECKS = [libhdf5_reads_and_edits_our_family, families_are_edited_in_turn, damaged_families_are_refused_as_by_libhdf5,
          files_with_a_cache_image_are_edited, revisions_are_those_of_libhdf5]  # fmt: skip
