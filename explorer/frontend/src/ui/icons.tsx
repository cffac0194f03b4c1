const PATHS = {
  close: "M6 6l12 12M18 6L6 18",
  back: "M14.5 5.5L8 12l6.5 6.5",
  forward: "M9.5 5.5L16 12l-6.5 6.5",
  home: "M12 3.5a8.5 8.5 0 100 17 8.5 8.5 0 000-17zM12 9.5a2.5 2.5 0 100 5 2.5 2.5 0 000-5z",
  help: "M9.2 9a2.9 2.9 0 115 2.1c-1.1 1-2.2 1.4-2.2 3.1M12 17.6v.1",
  list: "M4.5 6h6v5h-6zM13.5 6h6v5h-6zM4.5 14h6v5h-6zM13.5 14h6v5h-6z",
  space: "M12 12m-2.2 0a2.2 2.2 0 104.4 0 2.2 2.2 0 10-4.4 0M3.5 15.5c2 3 17.5-4 17-7.5s-19 4.500-17 7.500",
  link: "M10 14a4 4 0 005.700 0l3-3a4 4 0 00-5.700-5.700l-1 1M14 10a4 4 0 00-5.700 0l-3 3a4 4 0 005.700 5.700l1-1",
  search: "M10.5 4.5a6 6 0 100 12 6 6 0 000-12zM15 15l4.5 4.5",
  clusters: "M5 7h.01M5 12h.01M5 17h.01M9 7h10M9 12h10M9 17h10",
  boxes: "M4.5 9V4.500H9M15 4.500h4.500V9M19.500 15v4.500H15M9 19.500H4.500V15",
  zoom: "M10.500 4.500a6 6 0 100 12 6 6 0 000-12M15 15l4.500 4.500M10.500 8v5M8 10.500h5",
  download: "M12 4.500v10M7.500 10.500l4.500 4.500 4.500-4.500M5 19h14",
  plus: "M12 6v12M6 12h12",
  minus: "M6 12h12",
  lasso: "M12 4.500c4.700 0 8 2 8 4.800s-3.300 5-8 5-8-2.200-8-5 3.300-4.800 8-4.800zM7.500 13.600c-1.500.8-1.700 2.600-.2 3.400s3.200-.2 3-2M7 17c0 1.500-.5 2.200-1.500 3",
  edit: "M5 19l.8-3.600L16 5.200l2.800 2.800L8.600 18.200z",
  view: "M4 8h9M17 8h3M4 16h3M11 16h9M15 6v4M9 14v4",
  tour: "M5 18c6-1 2-9 8-10M13 8a2 2 0 104 0 2 2 0 10-4 0M16.500 14l3 3-3 3",
  full: "M13.500 5H19v5.500M19 5l-7.500 7.500M10 6H6.500A1.500 1.500 0 005 7.500v10A1.500 1.500 0 006.500 19h10a1.500 1.500 0 001.500-1.500V14",
} as const;

/** A line drawing in the colour of the text around it. Always beside a text or inside something that has a name. */
export function Icon({ name }: { readonly name: keyof typeof PATHS }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
