#!/usr/bin/env bash
# Runs a command, or else `make test`, in a clone of this checkout on a machine where nothing was ever installed: a bare
# Debian made by debootstrap and entered by chroot. Ends as the command does, or with 3 and a line that says why where
# no such machine can be made.
set -euo pipefail

CANNOT=3
INCLUDED=python3,python3-venv,ca-certificates,make
KEPT_DAYS=7 # then the bare Debian is made anew
CACHE=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/ringboard/fresh
SOURCE=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
BESIDE=$(dirname "$SOURCE")/shared # where tests/shared_data.py looks

cannot() {
	echo "No fresh machine can be made here: $1" >&2
	exit "$CANNOT"
}

[ "$(id -u)" = 0 ] || cannot "chroot and mount need root"
[ -f /etc/debian_version ] || cannot "this is no Debian"
command -v apt-get >/dev/null || cannot "there is no apt-get"
command -v git >/dev/null || cannot "there is no git to clone with"
suite=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
# What apt knows of this release, and of nobody else's packages: signed-by, mirror, release, component.
sources=$(apt-get indextargets --format '$(SIGNED_BY) $(SITE) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 2>/dev/null \
	| sed 's/^\$(SIGNED_BY) //' | grep -E " ${suite:-none}(-[a-z]+)? [a-z-]+\$" | sort -u || true)
mirror=$(awk -v suite="$suite" '$(NF - 1) == suite && $NF == "main" { print $(NF - 2); exit }' <<<"$sources")
[ -n "$mirror" ] || cannot "apt knows no mirror of the release '$suite'"
if ! command -v debootstrap >/dev/null; then
	install_it() { DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends debootstrap >/dev/null 2>&1 </dev/null; }
	install_it || { apt-get update >/dev/null 2>&1 </dev/null && install_it; } || cannot "debootstrap could not be installed"
fi

work=$(mktemp -d "${TMPDIR:-/var/tmp}/ringboard-fresh.XXXXXX")
work=$(cd "$work" && pwd -P)
root=$work/root
mounted=()

within() { # the processes that live in the root
	local process
	for process in /proc/[0-9]*; do
		[ "$(readlink "$process/root" 2>/dev/null)" != "$root" ] || echo "${process#/proc/}"
	done
}

leave() {
	local code=$? each processes
	trap '' INT TERM HUP
	for each in TERM TERM TERM TERM TERM KILL; do
		mapfile -t processes < <(within)
		[ "${#processes[@]}" -gt 0 ] || break
		kill "-$each" "${processes[@]}" 2>/dev/null || true
		sleep 1
	done
	for ((each = ${#mounted[@]} - 1; each >= 0; each--)); do umount "${mounted[each]}" || umount --lazy "${mounted[each]}" || true; done
	if grep -q " $work/" /proc/self/mountinfo; then
		echo "$work is left: something is still mounted in it" >&2
	else
		rm -rf --one-file-system "$work"
	fi
	exit "$code"
}
trap leave EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

attach() { # attach PLACE WHAT: the same folder there
	mkdir -p "$2" && mount --bind "$1" "$2" 2>/dev/null && mounted+=("$2")
}

# The bare Debian is kept as debootstrap leaves it; what a run does to its copy goes with the copy.
bare=$CACHE/$suite-$(dpkg --print-architecture).tar
mkdir -p "$CACHE" "$root"
if [ -z "$(find "$bare" -mtime "-$KEPT_DAYS" 2>/dev/null)" ]; then
	echo "Making a bare Debian $suite…"
	proxy= && eval "$(apt-config shell proxy Acquire::http::Proxy)"
	http_proxy=${http_proxy:-$proxy} debootstrap --variant=minbase --include="$INCLUDED" "$suite" "$root" "$mirror" \
		>"$work/log" 2>&1 </dev/null || cannot "debootstrap says $(tail -n 1 "$work/log")"
	tar -C "$root" --one-file-system -cf "$bare.$$" . && mv "$bare.$$" "$bare"
else
	tar -C "$root" -xf "$bare"
fi

for each in /proc /dev /dev/pts /dev/shm; do
	attach "$each" "$root$each" || cannot "mount is not permitted"
done
chroot "$root" true 2>/dev/null || cannot "chroot is not permitted"

# How this machine reaches others: names, certificates, mirrors, proxies. None of its packages.
cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
cp -a /etc/ssl/certs "$root/etc/ssl/"
for each in /usr/local/share/ca-certificates /usr/share/keyrings /etc/apt/keyrings /etc/apt/auth.conf /etc/apt/auth.conf.d /etc/pip.conf; do
	[ ! -e "$each" ] || { mkdir -p "$root$(dirname "$each")" && cp -rL "$each" "$root$(dirname "$each")/"; }
done
apt-config dump --format '%f "%v";%n' Acquire | grep -E '^Acquire::(http|https|Retries)' >"$root/etc/apt/apt.conf.d/90carried" || true
rm -f "$root"/etc/apt/sources.list.d/*
while read -r line; do
	case $line in
		/*) echo "deb [signed-by=${line%% *}] ${line#* }" ;;
		*) echo "deb $line" ;;
	esac
done <<<"$sources" >"$root/etc/apt/sources.list"
carried=(PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 "TERM=${TERM:-dumb}")
while IFS= read -r -d '' each; do
	case $each in
		PIP_CACHE_DIR=* | PIP_CONSTRAINT=* | PIP_TARGET=* | PIP_PREFIX=*) ;;
		PIP_* | *_CA_BUNDLE=* | SSL_CERT_* | *_proxy=* | *_PROXY=* | CI=*) carried+=("$each") ;;
	esac
done < <(env -0)
for each in ${PIP_FIND_LINKS:-}; do
	[ ! -d "$each" ] || attach "$each" "$root$each" || cannot "mount is not permitted"
done

# The clone, and beside it the recordings that lie beside this checkout.
export GIT_CONFIG_GLOBAL=$work/gitconfig
git config --global safe.directory '*'
git clone --quiet --no-hardlinks "$SOURCE" "$root/srv/ringboard" || cannot "$SOURCE is no checkout"
left=$(git -C "$SOURCE" status --porcelain | wc -l)
[ "$left" = 0 ] || echo "What is not committed is left out ($left files)." >&2
if [ -d "$BESIDE" ]; then
	attach "$(cd "$BESIDE" && pwd -P)" "$root/srv/shared" || cannot "mount is not permitted"
	mount -o remount,bind,ro "$root/srv/shared" || cannot "a read-only mount is not permitted"
fi

[ "$#" -gt 0 ] || set -- make test
echo "On a fresh Debian $suite, commit $(git -C "$SOURCE" rev-parse --short HEAD): $*"
# In the background, so that a signal to this script ends it at once.
chroot "$root" env -i "${carried[@]}" sh -c 'cd /srv/ringboard && exec "$@"' fresh "$@" </dev/null &
wait "$!"
