/** The text of an approval takes 1000 characters: the rest is for the version, at most 32 characters, and for the environment's name. */
const MAX_SUMMARY = 900;
/** Beside the files of the repository. */
const FOLDER = '.verification';

/**
 * What git can prove of a commit, and what it brings. `BRANCH` and `COMMIT` are told, and `SOURCES`: the branches whose merges the branch takes.
 *
 * A branch that takes only prefixes (`feature/`) may have been squashed or rebased, of which git keeps no trace: the ruleset on GitHub is the guard there.
 * A branch that takes another branch (`develop`) has to consist of merges of what that branch holds. Of a prefix that is merged there
 * (`hotfix/`) a branch that still exists is proof. GitHub may have removed it: then its own subject of the merge counts, if the pull request that it
 * names ends in the merged commit.
 */
const PROGRAM = String.raw`#!/usr/bin/env bash
set -euo pipefail
export LC_ALL=C
refuse() { printf 'Refused: %s\n' "$*" >&2; exit 1; }

if [ "$(git rev-parse --is-shallow-repository)" = true ]; then git fetch --quiet --unshallow origin; fi
git fetch --quiet --force --tags origin '+refs/heads/*:refs/remotes/origin/*'
git merge-base --is-ancestor "$COMMIT" "refs/remotes/origin/$BRANCH" || refuse "$COMMIT is not on $BRANCH."

pull_request_of() {
  local subject number
  subject="$(git log -1 --format=%s "$1")"
  [[ "$subject" =~ ^Merge\ pull\ request\ \#([0-9]+)\ from\ [^/]+/$2. ]] || return 1
  number="${'${'}BASH_REMATCH[1]}"
  git fetch --quiet origin "+refs/pull/$number/head:refs/remotes/pull/$number" && [ "$(git rev-parse "refs/remotes/pull/$number")" = "$3" ]
}
proved() {
  local parents merged allowed
  read -ra parents <<< "$(git rev-list --parents -n 1 "$1")"
  [ "${'${'}#parents[@]}" = 3 ] || return 1
  merged="${'${'}parents[2]}"
  for allowed in $SOURCES; do
    case "$allowed" in
      */) [ -z "$(git for-each-ref --contains "$merged" "refs/remotes/origin/$allowed")" ] || return 0
          if pull_request_of "$1" "$allowed" "$merged"; then return 0; fi ;;
      *) if git merge-base --is-ancestor "$merged" "refs/remotes/origin/$allowed"; then return 0; fi ;;
    esac
  done
  return 1
}
takes_branches=false
for source in $SOURCES; do case "$source" in */) ;; *) takes_branches=true ;; esac; done
releases() { git tag --list 'v*' "$@" | grep -E '^v(0|[1-9][0-9]{0,8})(\.(0|[1-9][0-9]{0,8})){2}$' | sort --version-sort || true; }
mapfile -t all < <(releases)
released="$(releases | tail -1)"
if [ "$takes_branches" = true ]; then
  # without a release nobody knows where this one begins
  commits="$COMMIT"
  if [ -n "$released" ]; then commits="$(git rev-list --first-parent "$COMMIT" --not "${'${'}all[@]}")"; fi
  for commit in $commits; do
    proved "$commit" || refuse "$commit on $BRANCH is no merge of ${'${'}SOURCES// / or }. Take it back, or tag the release that somebody has looked at."
  done
fi

git log --no-merges --format='%s' "$COMMIT" --not "${'${'}all[@]}" > ${FOLDER}/subjects.txt
git log --no-merges --format='%b' "$COMMIT" --not "${'${'}all[@]}" > ${FOLDER}/bodies.txt
IFS=. read -r major minor patch <<< "${'${'}released#v}"
if [ -z "$released" ]; then version=v0.1.0
elif [ ! -s ${FOLDER}/subjects.txt ]; then version="$(releases --points-at "$COMMIT" | tail -1)"; version="${'${'}version:-$released}"
elif grep -qE '^[a-z]+(\([^)]*\))?!:' ${FOLDER}/subjects.txt || grep -qE '^BREAKING[ -]CHANGE:' ${FOLDER}/bodies.txt; then version="v$((major + 1)).0.0"
elif grep -qE '^feat(\([^)]*\))?:' ${FOLDER}/subjects.txt; then version="v$major.$((minor + 1)).0"
else version="v$major.$minor.$((patch + 1))"
fi
printf %s "$version" > ${FOLDER}/version.txt
before="$(releases --no-contains "$COMMIT" | tail -1)"
if [ -n "$before" ]; then printf 'compare/%s...%s' "$before" "$COMMIT"; else printf 'commit/%s' "$COMMIT"; fi > ${FOLDER}/changes.txt

# what is new: since the last release or, where nobody knows when that was, what the commit itself brings; in the middle of their dates half of it is older
new=("$COMMIT" --not)
if [ "$takes_branches" = true ] && [ -n "$released" ]; then new+=("${'${'}all[@]}"); else new+=($(git rev-list --parents -n 1 "$COMMIT" | cut -d ' ' -f 2 -s)); fi
git log --no-merges --format='%at' "${'${'}new[@]}" | sort --numeric-sort > ${FOLDER}/authored.txt
awk '{ at[NR] = $1 } END { if (NR == 0) printf "none"; else printf "%d", (at[int((NR + 1) / 2)] + at[int(NR / 2) + 1]) / 2 }' ${FOLDER}/authored.txt > ${FOLDER}/middle.txt

# whatever a message says, it is text for people: no markup, no mention, no variable of a pipeline
clean() { tr -cd 'A-Za-z0-9 .,:;()/_+\n-' | cut -c 1-100; }
group() {
  local title="$1"; shift
  local found; found="$( (grep -E "$@" ${FOLDER}/subjects.txt || true) | sed -E 's/^[a-z]+(\([^)]*\))?!?: *//' | clean | paste -sd ';' | sed 's/;/; /g')"
  if [ -n "$found" ]; then printf ' %s: %s.' "$title" "$found"; fi
}
{
  printf 'Commits: %s' "$(wc -l < ${FOLDER}/subjects.txt | tr -d ' ')"
  if [ -n "$released" ]; then printf ' since %s' "$released"; fi
  printf '.'
  group Breaking '^[a-z]+(\([^)]*\))?!:'
  group Features '^feat(\([^)]*\))?:'
  group Fixes '^fix(\([^)]*\))?:'
  group Other -v '^(feat|fix)(\([^)]*\))?:|^[a-z]+(\([^)]*\))?!:'
} > ${FOLDER}/all.txt
# by a file, since a program that stops to read would end the one that writes, and the build with it
summary="$(cat ${FOLDER}/all.txt)"
if [ "${'${'}#summary}" -gt ${MAX_SUMMARY} ]; then summary="${'${'}summary:0:${MAX_SUMMARY - 3}}"; summary="${'${'}summary% *}..."; fi
printf %s "$summary" > ${FOLDER}/summary.txt
`;

/** Refuses a commit that came another way, and exports its version, whose it is, what it brings, when that was written (`AUTHORED`, in seconds, the median; or `none`) and where it can be read. */
export function verifyBuildSpec(repositoryUrl: string) {
  return {
    env: { 'shell': 'bash', 'git-credential-helper': 'yes', 'exported-variables': ['SUMMARY', 'VERSION', 'CHANGES_URL', 'AUTHOR', 'AUTHORED'] },
    phases: {
      build: {
        commands: [
          `mkdir -p ${FOLDER} && cat > ${FOLDER}/verify.sh <<'PROGRAM'\n${PROGRAM}PROGRAM`,
          `bash ${FOLDER}/verify.sh`,
          `SUMMARY="$(cat ${FOLDER}/summary.txt)"; VERSION="$(cat ${FOLDER}/version.txt)"; AUTHORED="$(cat ${FOLDER}/middle.txt)"; export SUMMARY VERSION AUTHORED; echo "$VERSION: $SUMMARY"`,
          'AUTHOR="$(git log -1 --format=%an "$COMMIT" | tr -d "[:cntrl:]")"; export AUTHOR',
          `export CHANGES_URL="${repositoryUrl}/$(cat ${FOLDER}/changes.txt)"`,
        ],
      },
    },
  };
}
