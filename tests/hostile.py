"""Text that tries to become markup, code, a link, a file or a formula. Imported by tests of every surface that shows text from data."""

_MARKUP = """\
<script>window.pwned=1</script>
</script><script>window.pwned=1</script>
<ScRiPt src=//127.0.0.1/x.js></sCrIpT>
<script\t>window.pwned=1</script\t>
<scr<script>ipt>window.pwned=1</scr</script>ipt>
<img src=x onerror=window.pwned=1>
<img src=x onerror="window.pwned=1"//
<img/src=x/onerror=window.pwned=1>
<svg onload=window.pwned=1>
<svg><script>window.pwned=1</script></svg>
<svg><animate onbegin=window.pwned=1 attributeName=x dur=1s>
<svg><a xlink:href="javascript:window.pwned=1"><text y=9>x</text></a></svg>
<svg><use href="data:image/svg+xml,<svg id='x' onload='window.pwned=1'/>#x">
<svg><foreignObject><iframe srcdoc="<script>parent.pwned=1</script>"></foreignObject></svg>
<svg></p><style><a id="</style><img src=1 onerror=window.pwned=1>">
<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=window.pwned=1&gt;">
<math href="javascript:window.pwned=1">x</math>
<style>@import '//127.0.0.1/x.css'; body{background:url(//127.0.0.1/y)}</style>
</style><img src=x onerror=window.pwned=1>
<template><img src=x onerror=window.pwned=1></template>
<noscript><p title="</noscript><img src=x onerror=window.pwned=1>">
<textarea><img title="</textarea><img src=x onerror=window.pwned=1>">
</textarea><img src=x onerror=window.pwned=1>
</title><img src=x onerror=window.pwned=1>
<title></title><svg onload=window.pwned=1>
<iframe src="javascript:parent.pwned=1"></iframe>
<iframe srcdoc="<script>parent.pwned=1</script>"></iframe>
<object data="javascript:window.pwned=1"></object>
<embed src="data:text/html,<script>parent.pwned=1</script>">
<form action="//127.0.0.1/"><input autofocus onfocus=window.pwned=1></form>
<input type=image src=x onerror=window.pwned=1>
<body onload=window.pwned=1>
<details open ontoggle=window.pwned=1>
<video><source onerror=window.pwned=1></video>
<audio src=x onerror=window.pwned=1>
<marquee onstart=window.pwned=1>x</marquee>
<base href="//127.0.0.1/">
<link rel=stylesheet href="//127.0.0.1/x.css">
<meta http-equiv=refresh content="0;url=//127.0.0.1/">
<meta http-equiv="Content-Security-Policy" content="default-src *">
<a href="javascript:window.pwned=1">x</a>
<a href="java&#9;script:window.pwned=1">x</a>
<a href=" &#1;javascript:window.pwned=1">x</a>
<a href="vbscript:x" target=_blank>x</a>
<a href="data:text/html,<script>opener.pwned=1</script>">x</a>
<b>bold</b><br><span style="color:red">x</span>
<form id=document><input name=cookie></form>
<img name=getElementById><img id=genonb-recipe>
<!--><img src=x onerror=window.pwned=1>-->
--!><img src=x onerror=window.pwned=1>
<![CDATA[<img src=x onerror=window.pwned=1>]]>
]]><script>window.pwned=1</script>
<?xml version="1.0"?><?php echo 1 ?>
<!ENTITY x SYSTEM "file:///etc/passwd">
" onmouseover="window.pwned=1" x="
' onmouseover='window.pwned=1' x='
` onmouseover=`window.pwned=1` x=`
"><img src=x onerror=window.pwned=1>
'><svg/onload=window.pwned=1>
" style="animation-name:x" onanimationstart="window.pwned=1
javascript:window.pwned=1
&lt;script&gt;window.pwned=1&lt;/script&gt;
&#60;img src=x onerror=window.pwned=1&#62;
\\u003cimg src=x onerror=window.pwned=1\\u003e
\\x3cscript\\x3ewindow.pwned=1\\x3c/script\\x3e
""".splitlines()

_TEMPLATES = ["{{7*7}}", "{{ ''.__class__.__mro__ }}", "{% for x in y %}", "{# hidden #}", "{%- include '/etc/passwd' -%}", "%{x}", "%{customdata[0]}", "${7*7}", "#{7*7}",
              r"$\href{javascript:window.pwned=1}{x}$", r"\(\href{javascript:window.pwned=1}{x}\)", "$$x^2$$", "[x](javascript:window.pwned=1)", "![x](//127.0.0.1/x.png)",
              "<javascript:window.pwned=1>", "http://127.0.0.1/", "file:///etc/passwd", "/etc/passwd", "../../etc/passwd", "~/.ssh/id_rsa"]
_NAMES = ["__proto__", "constructor", "hasOwnProperty", "toString", "__class__", "__dict__", "None", "NaN", "", " ", "0", "-1+1", "=HYPERLINK(\"http://127.0.0.1/\")", "@SUM(1+1)", "+cmd|' /C calc'!A0"]
_UNSEEN = ["\x00nul\x00", "\x1b[31mred\x1b[0m", "\x1b]8;;http://127.0.0.1/\x07x\x1b]8;;\x07", "abc\u202egnp.exe", "\u2066x\u2069", "\ud800", "a\ud83d", "\ufeffx", "\u2028x\u2029", "a\r\nb\tc", "A" * 1_000_000]

HOSTILE = _MARKUP + _TEMPLATES + _NAMES + _UNSEEN
