# What the scripts share: . ask.sh, in a script that was given URL and TOKEN.
set -euo pipefail
url=${1:?usage: $0 URL TOKEN}
token=${2:?usage: $0 URL TOKEN}

# ask METHOD PATH [BODY] prints the answer, and ends the script unless it is a good one.
ask() {
	if [ $# -gt 2 ]; then
		curl --silent --show-error --fail-with-body -X "$1" -H "Authorization: $token" -H 'Content-Type: application/json' --data "$3" "$url$2"
	else
		curl --silent --show-error --fail-with-body -X "$1" -H "Authorization: $token" "$url$2"
	fi
}

# refused STATUS METHOD PATH [BODY] ends the script unless the answer has that status.
refused() {
	want=$1 method=$2 path=$3
	got=$(curl --silent --output /dev/null --write-out '%{http_code}' -X "$method" -H "Authorization: $token" -H 'Content-Type: application/json' ${4+--data "$4"} "$url$path")
	[ "$got" = "$want" ] || { echo "$method $path answers $got, not $want" >&2; exit 1; }
}

# first NAME prints the first value of a member in the JSON that it reads.
first() { grep -o "\"$1\":\"\?[^\",}]*" | head -n 1 | sed "s/^\"$1\":\"\{0,1\}//"; }

# has TEXT passes on what it reads, and ends the script unless the text is in it.
has() {
	read_all=$(cat)
	case $read_all in
	*"$1"*) printf '%s\n' "$read_all" ;;
	*) printf '%s\nhas no %s\n' "$read_all" "$1" >&2 && return 1 ;;
	esac
}
