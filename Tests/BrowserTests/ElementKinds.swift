/// Pages with elements of all kinds, and in what our reading of each differs from Chromium's own
/// (`Accessibility.getFullAXTree`).
///
/// Everywhere we leave out what says nothing or is said already: what only groups others (`generic`), the ends of lines
/// (`LineBreak`, `InlineTextBox`), the marks of list items (`ListMarker`) and white space. Of what Chromium draws itself, such
/// as the parts of a date's field and the controls of a video, no script can learn.
struct ElementKinds: Sendable {
    /// What is on the page.
    let name: String
    /// Its body.
    let html: String
    /// What Chromium tells and we do not (`-`), and the other way round (`+`).
    let differs: [String]

    init(_ name: String, _ html: String, differs: [String] = []) {
        (self.name, self.html, self.differs) = (name, html, differs)
    }

    /// The pages.
    static let all: [ElementKinds] = [
        ElementKinds(
            "headings, paragraphs and text",
            #"""
            <header><h1>Head <em>one</em></h1></header><h2 aria-label=labelled>x</h2><h3></h3>\#
            <h4 title=tip>y</h4><div role=heading>two</div><div role=heading aria-level=5>five</div>\#
            <p>A <b>bold</b>, <i>slanted</i> <code>code</code> and <a href=#>a <span>nested</span> \#
            link</a>.<p>  <p>t<span> u</span>  <b>v </b>w</p><blockquote>q</blockquote><pre>  a\#nb</pre><hr>
            """#),
        ElementKinds(
            "words of their own kind",
            #"""
            <abbr title=Full>a</abbr><mark>m</mark><del>d</del><ins>i</ins><strong>s</strong><small>s</small>\#
            <sub>b</sub><sup>p</sup><time>t</time><q>q</q><cite>c</cite><dfn>f</dfn><kbd>k</kbd><u>u</u>\#
            <s>s</s><ruby>r<rt>t</rt></ruby><address>a</address><output>o</output><math><mrow><mn>1</mn>\#
            <mo>+</mo><mn>2</mn></mrow></math>
            """#),
        ElementKinds(
            "landmarks",
            #"""
            <header>h</header><nav aria-label=Main>n</nav><nav aria-labelledby=l><h2 id=l>L</h2></nav><main>\#
            <aside>a</aside><article><header>ah</header><footer>af</footer><aside>in</aside>\#
            <aside aria-label=n>in</aside></article></main><section>s</section>\#
            <section aria-label=S>s</section><search>s</search><form>f</form><form aria-label=F>f</form>\#
            <footer>f</footer><div role=region>none</div><div role=region aria-label=R>r</div>\#
            <div role=banner>b</div><div role=contentinfo>c</div><div role=complementary>c</div>\#
            <div role=search>s</div><div role=form aria-label=f>f</div>
            """#),
        ElementKinds(
            "lists",
            #"""
            <ul><li><a href=#>A</a><li>no link<ul><li>deep</ul></ul><ol><li>o</ol><menu><li>m</menu><dl>\#
            <dt>T<dd>D</dl><ul role=none><li>n</ul><ul role=menu><li role=menuitem>a</ul><div role=list>\#
            <div role=listitem>i</div></div><div role=listitem>lone</div><div aria-owns=w role=list>own:</div>\#
            <div id=w role=listitem>owned</div>
            """#,
            differs: [
                #"- StaticText "•""#,
                #"- StaticText "•""#,
            ]),
        ElementKinds(
            "tables",
            #"""
            <table><caption>Cap</caption><thead><tr><th>H1<th scope=col>H2<tbody><tr>\#
            <th scope=row>R<td>c2<tfoot><tr><td>x<td>y</table><table border=1><tr><td>a<td>b<tr>\#
            <td>c<td>d</table><table><tr><th>N<td>1<tr><th>M<td>2</table><table role=presentation><tr>\#
            <td>lay</table><table><tr><td>plain</table><table><tr><td>1<td>2<tr><td>1<td>2</table>\#
            <table role=grid><tr><td>g</table><div role=table><div role=row><div role=cell>x</div>\#
            <div role=columnheader>y</div></div></div><div role=grid><div role=row>\#
            <div role=gridcell aria-selected=true>gc</div></div></div><div role=treegrid>\#
            <div role=row aria-level=2><div role=gridcell>x</div></div></div>
            """#),
        ElementKinds(
            "text fields",
            #"""
            <label for=a>Text <b>one</b></label><input id=a value=v required>\#
            <input type=password aria-label=pw value=secret><input type=email placeholder=Mail>\#
            <input type=search title=Find><input type=tel aria-label=tel readonly>\#
            <input type=url aria-label=url disabled><input type=number aria-label=num value=3>\#
            <input list=d aria-label=combo value=b><datalist id=d><option value=a></datalist>\#
            <textarea aria-label=area>some\#ntext</textarea><input aria-label='' placeholder=ph title=ti>\#
            <input type=hidden value=h><input role=combobox aria-expanded=true aria-label=cb>\#
            <div role=textbox contenteditable aria-label=ce>typed</div>\#
            <div role=searchbox contenteditable aria-label=se>q</div>\#
            <div role=textbox aria-readonly=true aria-label=ro>x</div>\#
            <div role=textbox aria-required=true aria-label=rq></div>\#
            <div role=spinbutton aria-valuenow=3 tabindex=0></div>
            """#,
            differs: [
                #"- StaticText "b""#
            ]),
        ElementKinds(
            "fields for other things",
            #"""
            <input type=date aria-label=Day value=2020-01-02><input type=time aria-label=Time value=10:00>\#
            <input type=datetime-local aria-label=Both><input type=month aria-label=Month>\#
            <input type=week aria-label=Week><input type=color aria-label=Color>\#
            <input type=file aria-label=File><input type=range aria-label=Range value=30>\#
            <progress value=3 max=10>p</progress><meter value=.5>m</meter>\#
            <div role=slider aria-valuenow=5 aria-label=sl></div>\#
            <div role=progressbar aria-valuenow=40 aria-label=pb></div><div role=scrollbar aria-valuenow=4>\#
            </div><div role=meter aria-valuenow=3 aria-label=me></div>
            """#),
        ElementKinds(
            "boxes to check",
            #"""
            <label>Wrapped <input type=checkbox checked></label><label><input type=radio name=r> R1</label>\#
            <label><input type=radio name=r checked> R2</label><label for=c>for</label>\#
            <input type=checkbox id=c><input type=checkbox aria-label=mixed id=m>\#
            <script>m.indeterminate=true</script><input type=checkbox role=switch aria-label=sw checked>\#
            <div role=checkbox aria-checked=mixed>RC</div><div role=switch aria-checked=true>RS</div>\#
            <div role=radiogroup aria-label=g><div role=radio aria-checked=true>A</div></div>\#
            <label>Flash <input type=number value=5> times <input type=checkbox></label><label>lone</label>\#
            <label>L <button>in</button></label>
            """#),
        ElementKinds(
            "lists to choose from",
            #"""
            <select aria-label=sel><option>One<option selected>Two<optgroup label=G>\#
            <option disabled>Three</optgroup><hr></select><select aria-label=multi multiple>\#
            <option selected>M1<option>M2</select><select size=3 aria-label=lst><option label=lab>L1</select>\#
            <select aria-label=none></select><select disabled aria-label=ds><option>o</select>\#
            <select required aria-label=rq><option value=''>c</select><select aria-label=hid>\#
            <option hidden>h<option>s</select><div role=listbox aria-label=lb>\#
            <div role=option aria-selected=true>op</div></div><div role=combobox aria-label=cb>v</div>\#
            <div role=option>lone</div>
            """#,
            differs: [
                #"- combobox "rq": c"#,
                #"+ combobox "rq" [required]: c"#,
                #"- option "h" [selected]"#,
            ]),
        ElementKinds(
            "buttons",
            #"""
            <button>Button</button><button disabled><img alt=icon src=x></button>\#
            <button aria-label=lab>x</button><button title=tip></button><button title=tip>named</button>\#
            <button aria-pressed=true>P</button><button aria-expanded=true aria-haspopup=menu>E</button>\#
            <button><div>a</div><div>b</div><span>c</span><span>d</span></button>\#
            <button popovertarget=pp>pop</button><div popover id=pp>pc</div>\#
            <div role=button tabindex=0>RB</div><div role='foo button'>fb</div><button role=none>none</button>\#
            <button aria-disabled=true>ad</button><div aria-disabled=true><button>in</button>\#
            <div role=button>not in</div></div><fieldset disabled><legend>L</legend><button>db</button>\#
            </fieldset>
            """#),
        ElementKinds(
            "buttons that are inputs",
            #"""
            <input type=submit><input type=submit value=Go><input type=reset><input type=button value=Btn>\#
            <input type=button><input type=image alt=Img src=x>
            """#,
            differs: [
                #"- StaticText "Submit""#,
                #"- StaticText "Go""#,
                #"- StaticText "Reset""#,
                #"- StaticText "Btn""#,
                #"- image """#,
                #"- StaticText "Img""#,
            ]),
        ElementKinds(
            "links",
            #"""
            <a href=#>A</a><a>no</a><a href=#><img alt=pic src=x></a><a href=# title=tt></a>\#
            <a href=# aria-label=''>empty</a><a href=# aria-label='  sp  aced '>z</a><a href=#>a<br>b</a>\#
            <a href=#>x <img src=x alt=im> y</a><a href=#><svg width=9 height=9><title>svgt</title></svg></a>\#
            <a href=#><span aria-hidden=true>h</span>v</a><a href=#><span style=display:none>n</span>w</a>\#
            <a href=#><span aria-label=al>n</span>w</a><a href=#><input value=inp aria-label=lbl></a>\#
            <a href=# role=presentation>an</a><a href=# aria-disabled=true>ad</a><div role=link>l</div>\#
            <h2>Head <a href=#>lnk</a> <button>bt</button></h2>\#
            <img usemap=#m \#
            src='data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADh\#
            gGAWjR9awAAAABJRU5ErkJggg==' alt=mapped width=9 height=9><map name=m>\#
            <area href=#x alt=Area coords=0,0,9,9></map>
            """#),
        ElementKinds(
            "names by others",
            #"""
            <span id=h hidden>Hidden <b>lab</b></span><span id=f>file</span>\#
            <input aria-labelledby=nope aria-label=fallback><input aria-labelledby=h>\#
            <button aria-labelledby='b f' id=b>Del</button><input id=t value=val aria-label=own>\#
            <input aria-labelledby='f t'><button aria-describedby=h>desc</button>\#
            <input aria-description=ad aria-label=x><fieldset><legend>Leg</legend></fieldset>\#
            <figure aria-labelledby=f>x</figure>
            """#),
        ElementKinds(
            "pictures",
            #"""
            <img src=x><img src=x alt=''><img src=x alt=a><img src=x title=T><img src=x alt=a aria-label=b>\#
            <img role=none src=x alt=z><svg role=img aria-label=Svg width=9 height=9></svg>\#
            <svg width=9 height=9><title>St</title><circle r=3 /></svg><svg width=9 height=9><circle r=3 />\#
            </svg><svg width=9 height=9><text y=9>txt</text></svg><svg width=9 height=9>\#
            <g role=img aria-label=gi><circle r=3 /></g><a href=#><text y=9>sl</text></a></svg><figure>\#
            <img src=x alt=Fig><figcaption>Fc</figcaption></figure><div role=img aria-label=di>\#
            <button>ib</button></div><canvas width=9 height=9><button>fb</button></canvas>
            """#),
        ElementKinds(
            "media and other documents",
            #"""
            <video controls width=200></video><audio controls></audio><audio></audio>\#
            <object data=x>ob</object><embed src=x><iframe title=fr srcdoc=x></iframe><iframe srcdoc=x>\#
            </iframe>
            """#,
            differs: [
                #"- Video "Unable to play media." [disabled]"#,
                #"- Audio "Unable to play media." [disabled]"#,
                #"- PluginObject "" [disabled]"#,
                #"+ Video """#,
                #"+ Audio """#,
                #"+ PluginObject """#,
                #"- EmbeddedObject "" [disabled]"#,
                #"+ EmbeddedObject """#,
            ]),
        ElementKinds(
            "what opens",
            #"""
            <details><summary>Sum</summary>hid</details><details open><summary>Sum2</summary>shown</details>\#
            <details name=x><summary><h3>sh</h3></summary>b</details><details>none</details>\#
            <summary>lone</summary><dialog>closed</dialog><dialog open aria-label=d>open</dialog>\#
            <div role=alertdialog>ad</div>
            """#,
            differs: [
                #"- DisclosureTriangle "Details""#,
                #"- StaticText "Details""#,
            ]),
        ElementKinds(
            "parts of applications",
            #"""
            <div role=tablist><div role=tab aria-selected=true>T1</div><div role=tab>T2</div></div>\#
            <div role=tabpanel>tp</div><div role=tree>\#
            <div role=treeitem aria-level=2 aria-expanded=true>ti</div></div><div role=menu>\#
            <div role=menuitem>mi</div><div role=menuitemcheckbox aria-checked=true>mc</div>\#
            <div role=menuitemradio>mr</div></div><div role=menubar>\#
            <div role=menuitem aria-haspopup=true>x</div></div><div role=alert>al</div>\#
            <div role=status>st</div><div role=log>lg</div><div role=timer>ti</div><div role=marquee>ma</div>\#
            <div role=toolbar aria-label=tb>y</div><div role=note>n</div><div role=math>m</div>\#
            <div role=group aria-label=g>gg</div><div role=tooltip>tt</div><div role=term>te</div>\#
            <div role=definition>de</div><div role=feed>f</div><div role=application>ap</div>\#
            <div role=document>do</div><div role=none>no</div><div role=none tabindex=0>foc</div>\#
            <h1 role=none aria-label=glob>hn</h1><div role=doc-abstract>da</div><div role=separator>x</div>
            """#),
        ElementKinds(
            "what is not seen",
            #"""
            <div hidden>h</div><div style=display:none>h</div><div style=visibility:hidden>h<button>b</button>\#
            <span style=visibility:visible>vis</span></div><div aria-hidden=true>ah<a href=#>x</a></div>\#
            <div inert>inert<button>b</button></div><div style=content-visibility:hidden>cv<b>x</b></div>\#
            <div style=opacity:0>op</div><div style='height:0;overflow:hidden'>zero</div>\#
            <div style='position:absolute;left:-9999px'>off</div>\#
            <div style=display:contents>dc<button style=display:contents>dcb</button></div>\#
            <noscript>no</noscript><template>tm</template><div aria-hidden=true><button id=f>focused</button>\#
            </div><script>f.focus()</script>
            """#),
        ElementKinds(
            "what a modal dialog leaves",
            #"""
            <p>out</p><button>o</button><dialog id=d><p>in</p><button>i</button></dialog>\#
            <script>d.showModal()</script>
            """#),
        ElementKinds(
            "what style sheets write",
            #"""
            <style>.i::before{content:'\201C'attr(data-x)' z\22 '} .j::after{content:'aft'} \#
            .n::before{content:none} .h::before{content:'hid';display:none} \#
            .u{text-transform:uppercase}</style><p class=i data-x=dx>one</p><button class=j>two</button>\#
            <p class=n>three</p><p class=h>four</p><a href=# class='i j' data-x=q>l</a><p class=u>upper</p>\#
            <a href=# class=u>up <b>per</b></a><button style=text-transform:capitalize>each word</button>
            """#),
        ElementKinds(
            "shadow trees",
            #"""
            <div id=o><b slot=s>slotted</b>default<i slot=z>lost</i></div><x-closed></x-closed><div id=c>\#
            </div><slot>sl</slot><script>o.attachShadow({mode:'open'}).innerHTML='<p>sh</p><slot name=s>\#
            </slot><button><slot></slot></button><label for=i>shl</label>\#
            <input id=i>';for(const e \#
            of[document.querySelector('x-closed'),c])e.attachShadow({mode:'closed'}).innerHTML='<button>in \#
            '+e.localName+'</button>'</script>
            """#),
    ]
}
