/** Where HAProxy's packages look for it (Debian, Red Hat). */
export const configurationFile = "/etc/haproxy/haproxy.cfg";

/** What the program found there, and puts back when it leaves. */
const before = `${configurationFile}.before-anchorage`;

const reload = "systemctl reload-or-restart haproxy";

const start = `set -eu
umask 077
command -v haproxy > /dev/null || { echo 'haproxy is not installed on this host' >&2; exit 1; }
mkdir -p "$(dirname "$file")"
new="$(mktemp "$file.XXXXXX")"
trap 'rm -f "$new"' EXIT
cat > "$new"`;

/**
 * A shell script that puts its input into haproxy.cfg and reloads HAProxy. HAProxy itself reads the new file first: one
 * that it refuses never takes the place of the old one.
 */
export const installConfiguration = `file='${configurationFile}'
${start}
haproxy -c -q -f "$new" || { echo "haproxy refuses the new file; $file is as it was" >&2; exit 1; }
chmod 644 "$new"
if [ -e "$file" ] && [ ! -e '${before}' ]; then cp -p "$file" '${before}'; fi
mv "$new" "$file"
${reload}
`;

/** Puts the file back that was there before; without one HAProxy is stopped, and keeps none of ours. */
export const removeConfiguration = `set -eu
if [ -e '${before}' ]; then
  mv '${before}' '${configurationFile}'
  ${reload}
else
  systemctl stop haproxy
  rm -f '${configurationFile}'
fi
`;

/**
 * A shell script that puts its input, certificate and key, into a file that only root reads. Where HAProxy has a
 * configuration that refuses the new file, the old one is put back.
 */
export function installCertificate(file: string): string {
    return `file='${file}'
${start}
old="$(mktemp "$file.XXXXXX")"
trap 'rm -f "$new" "$old"' EXIT
if [ -e "$file" ]; then cp -p "$file" "$old"; else rm -f "$old"; fi
mv "$new" "$file"
if [ -e '${configurationFile}' ] && grep -q "$file" '${configurationFile}'; then
  if ! haproxy -c -q -f '${configurationFile}'; then
    if [ -e "$old" ]; then mv "$old" "$file"; else rm -f "$file"; fi
    echo "haproxy refuses the new certificate; $file is as it was" >&2
    exit 1
  fi
  ${reload}
fi
`;
}

export function removeCertificate(file: string): string {
    return `rm -f '${file}'\n`;
}
