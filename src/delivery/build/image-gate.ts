/** What stops an image from being released. */
export interface ImageGate {
  /** Severities of ECR. */
  readonly severities: string[];
  /** Ids of findings that stop nothing. */
  readonly accepted: string[];
}

/** How often ECR is asked, and how long the build waits in between: a quarter of an hour in all. */
const POLL = { attempts: 90, seconds: 10 };
/** As often in a row the number of findings has to be the same: where ECR says that a scan of this image was completed, and where it never does. */
const SETTLED = { completed: 3, unknown: 30 };

/**
 * Waits for the scan of the image and ends badly where a finding stops the release, or where the image cannot be scanned. A commit that is
 * released again is scanned again, at most once a day; basic and enhanced scanning answer in different fields.
 *
 * With enhanced scanning ECR says `ACTIVE` or `COMPLETE` before the findings of Amazon Inspector have arrived. An answer counts once the scan was
 * completed after the push and the findings no longer become more. What is bad already stops the release at once.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImageScanFindings.html
 */
export function imageGateCommand({ severities, accepted }: ImageGate): string {
  const repository = '--repository-name "${IMAGE_REPOSITORY#*/}"';
  const image = `${repository} --image-id "imageDigest=$IMAGE_DIGEST"`;
  const all = '.imageScanFindings | [(.findings // [])[] | {severity, id: .name}] + [(.enhancedFindings // [])[] | {severity, id: (.packageVulnerabilityDetails.vulnerabilityId // .title)}]';
  const stopping = [
    all,
    'map(select((.severity as $severity | $stopping | index($severity)) and (.id as $id | $accepted | index($id) | not)))',
    'unique[] | "\\(.severity) \\(.id)"',
  ].join(' | ');
  return `aws ecr start-image-scan ${image} > /dev/null 2>&1 || true
# version 2 of the AWS CLI writes a time in full, version 1 in seconds since 1970
seconds() { case "$1" in '') return 1 ;; *[!0-9.]*) date --date "$1" +%s ;; *) echo "${'${'}1%%.*}" ;; esac; }
scan_gate() {
  local pushed completed found before='' same=0 needed
  pushed="$(seconds "$(aws ecr describe-images ${repository} --image-ids "imageDigest=$IMAGE_DIGEST" --query 'imageDetails[0].imagePushedAt' --output text)")" || return
  state=NONE
  for attempt in $(seq ${POLL.attempts}); do
    [ "$attempt" = 1 ] || sleep ${POLL.seconds}
    aws ecr describe-image-scan-findings ${image} --output json > findings.json 2> findings.txt || echo '{}' > findings.json
    state="$(jq --raw-output '.imageScanStatus.status // "NONE"' findings.json)" || return
    case "$state" in
      NONE | PENDING | IN_PROGRESS) same=0; continue ;;
      COMPLETE | ACTIVE) ;;
      *) break ;;
    esac
    jq --raw-output --argjson stopping '${JSON.stringify(severities)}' --argjson accepted '${JSON.stringify(accepted)}' '${stopping}' findings.json > stopping.txt || return
    if [ -s stopping.txt ]; then echo "These findings of the image stop the release:"; cat stopping.txt; return 1; fi
    completed="$(jq --raw-output '.imageScanFindings.imageScanCompletedAt // empty' findings.json)"; needed=${SETTLED.unknown}
    if [ -n "$completed" ]; then
      completed="$(seconds "$completed")" || return
      # of a scan before this push
      if [ "$completed" -lt "$pushed" ]; then same=0; continue; fi
      needed=${SETTLED.completed}
    fi
    found="$(jq '${all} | length' findings.json)" || return
    if [ "$found" = "$before" ]; then same=$((same + 1)); else same=1; before="$found"; fi
    if [ "$same" -ge "$needed" ]; then return 0; fi
  done
  echo "The image could not be scanned ($state), so it is not released."; cat findings.txt; return 1
}
scan_gate`;
}
