// The style and the script of the page, byte for byte as they are in their files.
    .section .rodata
    .global page_style_begin, page_style_end, page_script_begin, page_script_end
    .hidden page_style_begin
    .hidden page_style_end
    .hidden page_script_begin
    .hidden page_script_end
page_style_begin:
    .incbin "page.css"
page_style_end:
page_script_begin:
    .incbin "page.js"
page_script_end:
    .section .note.GNU-stack, "", %progbits
