"""The style of every page: light and dark, from 360 pixels up, and on paper."""

CSS = """
:root{color-scheme:light dark;--paper:#fbfcfc;--card:#fff;--ink:#16222c;--soft:#5a6b78;--line:#dde5ea;
--faint:#eef3f5;
--accent:#0b7a99;--accent-rgb:11 122 153;--warm:#c4551b;--warm-rgb:196 85 27;--good:#1d7a4c;--mark:#e3f3f7}
@media (prefers-color-scheme:dark){:root{--paper:#10181e;--card:#162128;--ink:#e6edf1;--soft:#94a6b3;--line:#2a3942;
--faint:#1c2931;--accent:#53c1e0;--accent-rgb:83 193 224;--warm:#f2925c;--warm-rgb:242 146 92;--good:#5cc28f;
--mark:#17323c}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,
"Helvetica Neue",Arial,sans-serif;font-variant-numeric:tabular-nums;-webkit-text-size-adjust:100%}
main{max-width:1080px;margin:0 auto;padding:40px 24px 72px}
h1{font-size:15px;font-weight:600;color:var(--soft);margin:0 0 20px}
h2{font-size:21px;line-height:1.25;font-weight:650;letter-spacing:-.012em;margin:0 0 16px}h2+.note{margin-top:-12px}
h3{font-size:14px;font-weight:600;margin:0 0 8px}ul+h3{margin-top:20px}
.two+.scroll,.tiles+.scroll,.scroll+.two{margin-top:26px}
p{margin:0 0 12px;max-width:76ch}ul{margin:0;padding-left:1.15em;max-width:72ch}li{margin:0 0 7px}
.note{color:var(--soft);margin-bottom:18px}
section{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:26px 28px;margin:0 0 18px;
overflow-wrap:anywhere}
.two{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:30px 44px}.two>*{min-width:0}
.big{font-size:58px;line-height:1.05;font-weight:700;letter-spacing:-.035em;margin:6px 0 4px}
.verdict{border-left:4px solid var(--good);padding:2px 0 2px 16px;margin:20px 0 0}
.verdict.no{border-color:var(--warm)}.verdict b{color:var(--good)}.verdict.no b{color:var(--warm)}
.verdict p{margin:3px 0;max-width:none}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:18px 24px;margin:0}
.tiles dt{color:var(--soft);font-size:13px}
.tiles dd{margin:0;font-size:22px;font-weight:650;letter-spacing:-.015em;line-height:1.3}
.tiles dd small{display:block;font-size:12.5px;font-weight:400;letter-spacing:0;color:var(--soft)}
.scroll{overflow-x:auto;-webkit-overflow-scrolling:touch}
table{border-collapse:collapse;width:100%;font-size:14px}
th{text-align:left;font-weight:600;color:var(--soft);font-size:12.5px;white-space:nowrap}
th,td{overflow-wrap:break-word}td:first-child{min-width:6.5em}
td small{display:block;color:var(--soft);font-weight:400;font-size:12.5px}
th,td{padding:7px 14px 7px 0;border-bottom:1px solid var(--line);vertical-align:top}
tr:last-child>td,tr:last-child>th[scope=row]{border-bottom:0}
.num{text-align:right;white-space:nowrap}tr.chosen>*{background:var(--mark);font-weight:600}
tr.chosen>:first-child{box-shadow:-8px 0 var(--mark);border-radius:4px}
.share{display:flex;gap:10px;align-items:center;justify-content:flex-end}
.share i{display:block;width:88px;height:7px;border-radius:4px;background:var(--faint);overflow:hidden}
.share i i{background:var(--accent)}
svg{display:block;overflow:visible}svg text{fill:var(--soft);font-size:12px}
svg text.name{fill:var(--ink);font-weight:600}
svg text.halo{stroke:var(--card);stroke-width:4px;stroke-linejoin:round;paint-order:stroke}
.plot{padding:6px 20px 42px 46px}.plot svg{width:100%}
.grid{stroke:var(--line)}.base{stroke:var(--soft);stroke-opacity:.55}.dash{stroke:var(--soft);stroke-dasharray:3 4}
.line{stroke-width:2;stroke-linecap:round;stroke:var(--soft)}
.whisker{stroke-width:2;stroke-linecap:round;stroke:var(--soft)}
.dot{fill:var(--card);stroke:var(--soft);stroke-width:2}.bar{fill:var(--soft);fill-opacity:.35}
.a.line,.a.whisker,.a.dot{stroke:var(--accent)}.a.dot,.a.bar{fill:var(--accent)}.a.bar{fill-opacity:.75}
.w.line,.w.whisker,.w.dot{stroke:var(--warm)}.w.dot{fill:var(--warm)}
.forest{display:grid;grid-template-columns:minmax(9rem,max-content) minmax(0,1fr) max-content;gap:0 18px;
align-items:center}
.forest>div{display:contents}.forest svg{width:100%;height:30px}.forest .lead{font-weight:650}
.forest span:last-of-type{white-space:nowrap;text-align:right}.forest small{color:var(--soft);font-size:13px}
.key{display:flex;flex-wrap:wrap;gap:4px 20px;color:var(--soft);font-size:13px;margin:0 0 10px}
.key span:before{content:"";display:inline-block;width:10px;height:10px;
box-sizing:border-box;border-radius:50%;border:2px solid var(--soft);margin-right:7px}
.key .a:before{background:var(--accent);border-color:var(--accent)}
.key .w:before{background:var(--warm);border-color:var(--warm)}
.heat{width:auto;border-collapse:separate;border-spacing:2px;font-size:13px}
.heat th,.heat td{border:0;padding:0}.heat th{font-weight:400;color:var(--ink);font-size:12.5px}
.heat thead th{vertical-align:bottom}
.heat thead div{line-height:1;writing-mode:vertical-rl;transform:rotate(180deg);white-space:nowrap;
max-height:130px;overflow:hidden;text-overflow:ellipsis;padding:6px 0;margin:0 auto}
.heat tbody th{line-height:1;text-align:right;vertical-align:middle;padding-right:10px;max-width:150px;overflow:hidden;
text-overflow:ellipsis}
.heat td{width:var(--cell);min-width:var(--cell);height:var(--cell);text-align:center;vertical-align:middle;
border-radius:3px}
.heat td{background:var(--faint)}.heat td[style]{background:rgb(var(--warm-rgb)/var(--v))}
.heat td.hit[style]{background:rgb(var(--accent-rgb)/var(--v))}.heat td.deep{color:var(--card);font-weight:600}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(280px,1fr));gap:14px}
.cards.pictures{grid-template-columns:repeat(auto-fill,minmax(132px,1fr))}
figure{margin:0;border:1px solid var(--line);border-radius:9px;padding:12px 14px;min-width:0}
figure img{display:block;width:100%;height:104px;object-fit:contain;image-rendering:auto;border-radius:5px;
background:var(--faint);margin-bottom:9px}
figcaption{font-size:13px;line-height:1.45;color:var(--soft)}figcaption b{color:var(--warm);font-weight:600}
figcaption i{font-style:normal;color:var(--ink);font-weight:600}blockquote{margin:0 0 8px;font-size:14px}
details{margin-top:12px}summary{cursor:pointer;color:var(--accent);font-size:14px}
code{font:12.5px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
footer{color:var(--soft);font-size:12.5px;margin-top:26px;overflow-wrap:anywhere}
@media (max-width:720px){main{padding:22px 12px 48px}section{padding:20px 16px;border-radius:10px}
.two{grid-template-columns:minmax(0,1fr)}.big{font-size:46px}.share i{width:44px}
.forest{grid-template-columns:minmax(0,1fr) max-content;gap:0 12px}.forest svg{grid-column:1/-1;order:3}
.forest>div{display:grid;grid-column:1/-1;grid-template-columns:subgrid;padding-bottom:4px}
.plot{padding-left:38px;padding-right:10px}}
@media print{section{break-inside:avoid;border-color:#ccc}body{background:#fff}}
"""
