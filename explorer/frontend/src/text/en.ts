/** Every sentence of the page, in one place, so that another language is another file. */
const count = new Intl.NumberFormat("en-GB");
const percent = new Intl.NumberFormat("en-GB", { style: "percent", maximumFractionDigits: 0 });

const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
const month = new Intl.DateTimeFormat("en-GB", { month: "long", year: "numeric", timeZone: "UTC" });
const list = new Intl.ListFormat("en-GB");

/** A date as far as it is known (1923, 1923-05, 1923-05-01, perhaps with a time, which is left out); anything else as it is. */
function describeDate(date: string): string {
  const known = /^(\d{4})-(\d\d)(?:-(\d\d))?/.exec(date);
  if (known === null) return date;
  const [, y, m, d] = known;
  return (d === undefined ? month : day).format(Date.UTC(Number(y), Number(m) - 1, Number(d ?? 1)));
}

/** How a head is held, in degrees as Cloud Vision gives them; under 4 nobody sees it. */
function describePose(roll: number | undefined, pan: number | undefined, tilt: number | undefined): string {
  const parts: string[] = [];
  const tell = (angle: number | undefined, positive: string, negative: string): void => {
    if (angle !== undefined && Math.abs(angle) >= 4) parts.push(`${angle > 0 ? positive : negative} ${Math.abs(angle).toFixed(0)}°`);
  };
  tell(pan, "turned right", "turned left");
  tell(tilt, "looking up", "looking down");
  tell(roll, "leaning right", "leaning left");
  if (parts.length > 0) return parts.join(", ");
  if (pan !== undefined && tilt !== undefined) return "straight ahead";
  return roll === undefined ? "" : "upright";
}

export const text = {
  pictures: (n: number): string => `${count.format(n)} ${n === 1 ? "picture" : "pictures"}`,
  number: (n: number): string => count.format(n),
  percent: (share: number): string => percent.format(share),
  untitled: "Untitled picture",
  home: "All galaxies",
  clusters: "Clusters",
  showClusters: "Show the clusters",
  hideClusters: "Hide the clusters",
  canvas: (title: string): string =>
    `${title}, drawn in space. Arrow keys fly, Enter opens the picture in the middle, ? lists all keys; the list view holds the same pictures.`,
  skipToList: "Skip to the list view",
  tools: "View",
  listView: "List",
  spaceView: "Galaxy",
  homeView: "Whole galaxy",
  help: "Help",
  close: "Close",
  closePicture: "Close the picture",
  loading: "Loading the galaxy",
  loaded: (megabytes: number): string => `${megabytes.toFixed(1)} MB`,
  retry: "Try again",
  empty: "No pictures here yet",
  emptyMore: "This galaxy has been published without a picture. Once pictures are imported and it is built again, they will appear here.",
  errorTitle: "The galaxy could not be loaded",
  errors: {
    missing: "It has not been published, or it was withdrawn.",
    forbidden: "You are not allowed to see it. Log in, or ask its owner.",
    server: "The server could not answer. Try again in a moment.",
    network: "The server could not be reached. Check the connection and try again.",
    format: "What came is not a galaxy that this page can read. Reload the page; if that does not help, it has to be published again.",
    aborted: "Loading was given up.",
  },
  noWebgl: "This browser cannot draw the galaxy in space (it needs WebGL 2). Here are the same pictures as a list.",
  glLost: "The graphics card was taken away. The galaxy comes back as soon as it is free again.",
  more: (n: number): string => `Show ${count.format(n)} more`,
  tabs: { picture: "Picture", document: "Document" },
  pictureFailed: "The picture could not be loaded.",
  detailsFailed: "What is known about this picture could not be loaded.",
  detailsLoading: "Loading what is known about this picture",
  labels: "Labels",
  noLabels: "No labels",
  confidence: (term: string, share: number, source: string): string => `${term}, ${percent.format(share)}${source ? `, ${source}` : ""}`,
  sources: { local: "model", google: "Cloud Vision", sidecar: "library", human: "person" } as Readonly<Record<string, string>>,
  cluster: "Cluster",
  flyToCluster: (name: string): string => `Fly to ${name}`,
  colours: "Colours",
  colour: (colour: string, share: number): string => `${colour}, ${percent.format(share)} of the picture`,
  boxes: "Boxes",
  boxesTitle: "Show or hide what was found, on the picture (B)",
  boxesOnPicture: "What was found, on the picture. Arrow keys go from one to the next, Enter goes to its row.",
  showOnPicture: (name: string): string => `Show on the picture: ${name}`,
  objects: "Objects",
  faces: "Faces",
  face: (n: number): string => `Face ${n}`,
  pose: describePose,
  likelihoodOf: {
    joy: "Joy",
    sorrow: "Sorrow",
    anger: "Anger",
    surprise: "Surprise",
    under_exposed: "Under-exposed",
    blurred: "Blurred",
    headwear: "Headwear",
    adult: "Adult",
    spoof: "Spoof",
    medical: "Medical",
    violence: "Violence",
    racy: "Racy",
  } as Readonly<Record<string, string>>,
  likelihoods: ["unknown", "very unlikely", "unlikely", "possible", "likely", "very likely"],
  textInPicture: "Text",
  copyText: "Copy text",
  textCopied: "Text copied",
  textFailed: "The text could not be copied; select it instead.",
  landmarks: "Landmarks",
  coordinates: (latitude: number, longitude: number): string =>
    `${Math.abs(latitude).toFixed(5)}° ${latitude < 0 ? "S" : "N"}, ${Math.abs(longitude).toFixed(5)}° ${longitude < 0 ? "W" : "E"}`,
  logos: "Logos",
  safeSearch: "Safe search",
  web: "On the web",
  kinds: {
    labels: "labels",
    objects: "objects",
    faces: "faces",
    text: "text",
    landmarks: "landmarks",
    logos: "logos",
    colours: "colours",
    safe_search: "safe search",
    web: "the web",
  },
  noneFound: (kinds: readonly string[]): string => `Looked for, none found: ${kinds.join(", ")}`,
  failed: (kinds: readonly string[]): string => `Failed: ${kinds.join(", ")}`,
  notLookedFor: (kinds: readonly string[]): string => `Not looked for: ${kinds.join(", ")}`,
  rights: "Rights",
  creator: "By",
  credit: "Credit",
  source: "Source",
  dimensions: "Size",
  licence: "Licence",
  size: (width: number, height: number): string => `${count.format(width)} × ${count.format(height)} px`,
  previousPicture: "Previous picture of the cluster",
  nextPicture: "Next picture of the cluster",
  copyLink: "Copy link",
  linkCopied: "Link copied",
  linkFailed: "The link could not be copied; it is in the address bar.",
  edit: "Edit",
  fewerLabels: "Show fewer",
  takenAt: "Taken",
  date: describeDate,
  place: "Place",
  download: "Download",
  why: "Why is it here",
  placedFor: (cluster: string, why: readonly { readonly term: string; readonly share: number }[]): string =>
    `Placed among “${cluster}” mainly for ${list.format(why.map(({ term, share }) => `${term} (${percent.format(share)})`))}.`,
  placedByLook: (cluster: string): string => `Placed among “${cluster}” for how it looks.`,
  placedAlsoByLook: (share: number): string => `${percent.format(share)} of its place comes from how the picture looks.`,
  look: "how it looks",
  setsApart: (cluster: string, term: string, share: number, elsewhere: number): string =>
    `What sets “${cluster}” apart: ${percent.format(share)} of its pictures are labelled ${term}, elsewhere ${percent.format(elsewhere)}.`,
  moreSetsApart: (n: number): string => `${count.format(n)} more ${n === 1 ? "label" : "labels"}`,
  hereAndElsewhere: (share: number, elsewhere: number): string => `${percent.format(share)} here, ${percent.format(elsewhere)} elsewhere`,
  nearest: "Nearest",
  nearestLoading: "Loading what is nearest",
  nearestFailed: "What is nearest could not be loaded.",
  nothingAlike: "Nothing is known that others could be compared by.",
  moreLikeThis: "More like this",
  similar: "More like this",
  similarLoading: "Comparing with all pictures",
  similarAsks: (megabytes: number): string => `To compare with all pictures, ${megabytes.toFixed(0)} MB are loaded once.`,
  similarFailed: "The pictures could not be compared.",
  similarFound: (n: number, recall: number | null): string =>
    recall === null ? `${count.format(n)}, approximate` : `${count.format(n)}, approximate: ${percent.format(recall)} of the truly nearest are found`,
  announceSimilar: (n: number): string => `${count.format(n)} ${n === 1 ? "picture" : "pictures"} more or less like this.`,
  closeSimilar: "Close what is like it",
  load: "Load",
  anchorPicture: (title: string): string => (title === "" ? "The picture itself" : `${title}, the picture itself`),
  neighbour: (title: string, place: number, of: number, similarity: number): string =>
    `${title === "" ? "Picture" : title}, ${percent.format(similarity)} alike, ${count.format(place)} of ${count.format(of)}`,
  zoomPicture: "Look closely",
  viewerOf: (title: string): string => (title === "" ? "The picture, over the whole window" : `${title}, over the whole window`),
  nearer: "Nearer",
  farther: "Farther",
  wholePicture: "Whole picture",
  closeViewer: "Close the large picture",
  boxesRows: "What was found",
  map: (name: string, coordinates: string): string => `Map of the surroundings of ${name}, at ${coordinates}`,
  openStreetMap: "On OpenStreetMap",
  documentMissing: "The raw document of this picture is not published.",
  pictureUnknown: "This picture could not be opened. Try again.",
  stalled: "Parts of the galaxy do not come. The rest goes on.",
  unknownPicture: "This galaxy has no picture with that address.",
  picturesBy: "Pictures:",
  announceImage: (title: string, cluster: string): string => `${title}, in ${cluster}.`,
  announceCluster: (name: string, n: number): string => `${name}, ${count.format(n)} ${n === 1 ? "picture" : "pictures"}.`,
  announceHome: "The whole galaxy.",
  announceClosed: "Picture closed.",
  search: "Search",
  searchLabel: "Search for labels, titles, people and places",
  searchPlaceholder: "Search",
  clearSearch: "Clear the search",
  suggestions: "Suggestions",
  matches: "Best matches",
  match: (n: number): string => `Match ${count.format(n)}`,
  wordKinds: { label: "label", place: "place", title: "title", creator: "maker", text: "text" },
  found: (n: number, isPartial: boolean): string => `${isPartial ? "At least " : ""}${count.format(n)} ${n === 1 ? "picture" : "pictures"}`,
  showWeaker: (n: number): string => `Show ${count.format(n)} weaker`,
  nothingFound: "No picture matches.",
  didYouMean: "Did you mean",
  searchFailed: "The search could not be loaded.",
  announceFound: (shown: number, all: number, isPartial: boolean): string => {
    if (all === 0) return "No picture matches.";
    const strong = `${isPartial ? "At least " : ""}${count.format(shown)} ${shown === 1 ? "picture matches" : "pictures match"}`;
    return shown < all ? `${strong}, and ${count.format(all - shown)} less well.` : `${strong}.`;
  },
  announceSearchCleared: "Search cleared.",
  helpTitle: "How to get around",
  helpMouse: [
    ["Drag", "turn around"],
    ["Wheel", "nearer or farther, towards the pointer"],
    ["Right drag, or Shift and drag", "shift"],
    ["Click", "open a picture, or fly to a cluster by its name"],
    ["Double click", "fly there"],
  ],
  helpTouch: [
    ["One finger", "turn around"],
    ["Two fingers", "shift, nearer or farther"],
    ["Tap", "open a picture"],
  ],
  helpMouseTitle: "Mouse",
  helpTouchTitle: "Touch",
  helpKeysTitle: "Keys",
  flyKeys: [
    ["W S, ↑ ↓", "fly forward, back"],
    ["A D, ← →", "fly left, right"],
    ["Q E", "fly down, up"],
    ["+ −", "nearer, farther"],
  ],
} as const;
