#!/usr/bin/env bash
# Puts the pulumi CLI, and kubectl where there is none, into a folder, and prints the folder that belongs on PATH.
#
#   PATH="$(pipelines/install-tools.sh [FOLDER]):$PATH"        FOLDER: ~/.cache/anchorage-tools
#
# pulumi has the version of @pulumi/pulumi in package.json. Archives are kept in FOLDER between runs; each run compares
# them with the checksums that their makers publish, and takes nothing that differs.
#
#   KUBECTL_VERSION     default: the one that the lab is tested with
#   PULUMI_DOWNLOADS    a mirror in place of https://get.pulumi.com/releases/sdk
#   KUBECTL_DOWNLOADS   a mirror in place of https://dl.k8s.io/release
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
folder=${1:-$HOME/.cache/anchorage-tools}
pulumi_downloads=${PULUMI_DOWNLOADS:-https://get.pulumi.com/releases/sdk}
kubectl_downloads=${KUBECTL_DOWNLOADS:-https://dl.k8s.io/release}

fail() {
    echo "error $1" >&2
    echo "  next: $2" >&2
    exit 1
}

fetch() { # URL FILE: whole, or not at all
    curl --fail --silent --show-error --location --retry 3 --output "$2.part" "$1" ||
        fail "$1 cannot be downloaded" "let the runner reach it, or name a mirror (head of pipelines/install-tools.sh)"
    mv "$2.part" "$2"
}

# FILE URL SHA256: an archive that was kept is taken where it is the right one.
checked() {
    if [ -f "$1" ] && [ "$(sum "$1")" = "$3" ]; then return; fi
    fetch "$2" "$1"
    local found
    found=$(sum "$1")
    if [ "$found" != "$3" ]; then
        rm -f "$1"
        fail "$2 has the checksum $found, and its maker publishes $3" "try again; if it stays so, the download is not what it should be: do not use it"
    fi
}

sum() {
    if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1
}

case "$(uname -s)" in
    Linux) os=linux ;;
    Darwin) os=darwin ;;
    *) fail "no pulumi CLI for $(uname -s) is known to this script" "use a runner with Linux or macOS" ;;
esac
case "$(uname -m)" in
    x86_64 | amd64) pulumi_arch=x64 kubectl_arch=amd64 ;;
    aarch64 | arm64) pulumi_arch=arm64 kubectl_arch=arm64 ;;
    *) fail "no pulumi CLI for $(uname -m) is known to this script" "use a runner with x86_64 or arm64" ;;
esac

mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

version=$(sed -n 's/.*"@pulumi\/pulumi": "\([0-9][0-9.]*\)".*/\1/p' "$root/package.json")
[ -n "$version" ] ||
    fail "package.json does not pin @pulumi/pulumi to one version" 'write it as "@pulumi/pulumi": "3.241.0"'
archive="pulumi-v$version-$os-$pulumi_arch.tar.gz"
fetch "$pulumi_downloads/pulumi-$version-checksums.txt" "$work/checksums"
wanted=$(awk -v file="$archive" '$2 == file { print $1 }' "$work/checksums")
[[ $wanted =~ ^[0-9a-f]{64}$ ]] ||
    fail "pulumi-$version-checksums.txt has no checksum of $archive" "look at $pulumi_downloads/pulumi-$version-checksums.txt"
checked "$folder/$archive" "$pulumi_downloads/$archive" "$wanted"
# Of other versions: a cache that only grows is none.
find "$folder" -maxdepth 1 -name 'pulumi-v*' ! -name "$archive" -exec rm -f {} +
rm -rf "$folder/bin"
mkdir "$folder/bin"
tar -xzf "$folder/$archive" -C "$folder/bin" --strip-components=1
echo "pulumi $version" >&2

if ! command -v kubectl >/dev/null; then
    kubectl=${KUBECTL_VERSION:-$(sed -n 's/.*k8s.io\/kubernetes \(v[0-9.]*\).*/\1/p' "$root/lab/tools/kubernetes/go.mod" | head -n 1)}
    url="$kubectl_downloads/v${kubectl#v}/bin/$os/$kubectl_arch/kubectl"
    fetch "$url.sha256" "$work/kubectl.sha256"
    wanted=$(cut -d ' ' -f 1 "$work/kubectl.sha256")
    [[ $wanted =~ ^[0-9a-f]{64}$ ]] || fail "$url.sha256 is no checksum" "set KUBECTL_VERSION to a version that exists"
    checked "$folder/kubectl-v${kubectl#v}" "$url" "$wanted"
    cp "$folder/kubectl-v${kubectl#v}" "$folder/bin/kubectl"
    chmod +x "$folder/bin/kubectl"
    echo "kubectl v${kubectl#v}" >&2
fi

echo "$folder/bin"
