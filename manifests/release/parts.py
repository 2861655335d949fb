"""The list of a release's parts in the format of SPDX 2.3, on standard output.

usage: parts.py VERSION RELEASE SOURCES

RELEASE is the folder of the release with its SHA256SUMS, SOURCES that of Debian's source packages whose libraries are
inside the static programs. The time of the list is SOURCE_DATE_EPOCH.
"""

import datetime
import glob
import hashlib
import json
import os
import re
import sys

LICENSES = {"libyaml": "MIT", "jansson": "MIT", "musl": "MIT"}
CREATOR = "Organization: kportscan maintainers"


def part(name, version, license_id, **more):
    return {"SPDXID": f"SPDXRef-{name}", "name": name, "versionInfo": version, "filesAnalyzed": False,
            "downloadLocation": "NOASSERTION", "licenseConcluded": license_id, "licenseDeclared": license_id,
            "copyrightText": "NOASSERTION", **more}


def libraries(sources):
    """The parts that a static program contains, from the descriptions (.dsc) of the source packages."""
    for path in sorted(glob.glob(os.path.join(sources, "*.dsc"))):
        with open(path, encoding="utf-8") as file:
            fields = dict(re.findall(r"^(Source|Version): (.*)$", file.read(), re.M))
        name = fields["Source"]
        purl = f"pkg:deb/debian/{name}@{fields['Version']}?arch=source"
        yield part(name, fields["Version"], LICENSES[name], externalRefs=[
            {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": purl}])


def files(release):
    """The files of SHA256SUMS, and the names of the programs' packages that are linked statically."""
    with open(os.path.join(release, "SHA256SUMS"), encoding="utf-8") as sums:
        rows = [line.rstrip("\n").split("  ", 1) for line in sums]
    for number, (digest, name) in enumerate(rows):
        with open(os.path.join(release, name), "rb") as file:
            sha1 = hashlib.sha1(file.read()).hexdigest()
        yield {"SPDXID": f"SPDXRef-File-{number}", "fileName": f"./{name}", "licenseConcluded": "NOASSERTION",
               "copyrightText": "NOASSERTION", "checksums": [
                   {"algorithm": "SHA1", "checksumValue": sha1},
                   {"algorithm": "SHA256", "checksumValue": digest}]}


def link(from_id, kind, to_id):
    return {"spdxElementId": from_id, "relationshipType": kind, "relatedSpdxElement": to_id}


def main(version, release, sources):
    with open(os.path.join(release, "SHA256SUMS"), "rb") as sums:
        identity = hashlib.sha256(sums.read()).hexdigest()
    program = part("kportscan", version, "Apache-2.0", supplier=CREATOR)
    inside, shipped = list(libraries(sources)), list(files(release))
    when = datetime.datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), datetime.timezone.utc)
    json.dump({
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"kportscan-{version}",
        "documentNamespace": f"https://spdx.org/spdxdocs/kportscan-{version}-{identity}",
        "creationInfo": {"created": when.strftime("%Y-%m-%dT%H:%M:%SZ"), "creators": [CREATOR]},
        "packages": [program, *inside],
        "files": shipped,
        "relationships": [
            link("SPDXRef-DOCUMENT", "DESCRIBES", program["SPDXID"]),
            *(link(program["SPDXID"], "STATIC_LINK", library["SPDXID"]) for library in inside),
            *(link(file["SPDXID"], "GENERATED_FROM", program["SPDXID"]) for file in shipped)],
    }, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main(*sys.argv[1:])
