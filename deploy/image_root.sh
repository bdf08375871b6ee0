#!/usr/bin/env bash
# Makes the root file system of the container image from a Debian that has the run packages.
#   deploy/image_root.sh BINARY FOLDER   FOLDER must not exist
# In it: the program, stripped; the shared libraries it loads, with their licenses and, for scanners, their
# entries of dpkg's list; certificate authorities; the user livenessd (65532), who owns /var/lib/livenessd
# when root runs this. No shell, no other program.
set -euo pipefail

if [ "$#" -ne 2 ] || [ ! -x "$1" ] || [ -e "$2" ]; then
    sed -n '2,6s/^# \{0,1\}//p' "$0" >&2
    exit 2
fi
binary=$1
folder=$2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# The libraries, as the dynamic linker will ask for them. libgcc_s is loaded only when a thread ends early.
libraries() {
    local libc
    libc=$(ldd "$binary" | sed -n 's/^\tlibc\.so\.6 => \([^ ]*\) .*/\1/p')
    ldd "$binary" | sed -n 's/^\t\(.* => \)\{0,1\}\(\/[^ ]*\) (0x.*/\2/p'
    printf '%s\n' "$(dirname "$libc")/libgcc_s.so.1"
}

# The packages that own the files of standard input. dpkg knows a file by the path it was packed with,
# which may be from before /lib became a link to /usr/lib.
packages_of() {
    local file real paths=()
    while IFS= read -r file; do
        real=$(realpath "$file")
        paths+=("$file" "$real" "/usr$real" "${real#/usr}")
    done
    dpkg-query -S "${paths[@]}" 2>/dev/null | sed 's/[:,].*//' | sort -u || true
}

add_library() { # FILE
    local target
    target=$folder$(realpath "$(dirname "$1")")/$(basename "$1")
    [ -e "$target" ] || install -D -m 0755 "$1" "$target"
}

add_package() { # NAME
    local doc=$folder/usr/share/doc/$1
    install -D -m 0644 "/usr/share/doc/$1/copyright" "$doc/copyright"
    dpkg-query -s "$1" >"$folder/var/lib/dpkg/status.d/$1"
}

mkdir -p "$folder"/{etc/livenessd,run/secrets,tmp,usr/bin,usr/lib,usr/lib64} \
    "$folder"/var/lib/{livenessd,dpkg/status.d}
ln -s usr/lib "$folder/lib"
ln -s usr/lib64 "$folder/lib64"
chmod 1777 "$folder/tmp"

install -m 0755 "$binary" "$folder/usr/bin/livenessd"
strip "$folder/usr/bin/livenessd"
install -D -m 0644 "$here/LICENSE" "$folder/usr/share/doc/livenessd/LICENSE"

mapfile -t files < <(libraries)
for file in "${files[@]}"; do
    add_library "$file"
done
mapfile -t packages < <(printf '%s\n' "${files[@]}" | packages_of && echo ca-certificates)
for package in "${packages[@]}"; do
    add_package "$package"
done

install -D -m 0644 /etc/ssl/certs/ca-certificates.crt "$folder/etc/ssl/certs/ca-certificates.crt"
# libcurl looks there, OpenSSL by itself here
install -d "$folder/usr/lib/ssl"
ln -s /etc/ssl/certs/ca-certificates.crt "$folder/usr/lib/ssl/cert.pem"
install -m 0644 /usr/lib/os-release "$folder/etc/os-release"
printf 'hosts: files dns\n' >"$folder/etc/nsswitch.conf"
printf '%s\n' root:x:0:0::/:/sbin/nologin livenessd:x:65532:65532::/var/lib/livenessd:/sbin/nologin \
    >"$folder/etc/passwd"
printf '%s\n' root:x:0: livenessd:x:65532: >"$folder/etc/group"
if [ "$(id -u)" -eq 0 ]; then
    chown 65532:65532 "$folder/var/lib/livenessd"
fi
chmod 0700 "$folder/var/lib/livenessd"
